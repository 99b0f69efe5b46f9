import * as z from 'zod';
import { Check } from '../../sdk/authoring/quality.js';
import { Cost, step, TableRef } from '../../sdk/index.js';
import { DoneOn } from '../engines/done-on.js';
import { QualityReport } from '../quality/steps.js';

const keys = z.array(z.string().min(1)).min(1);
const partition = z.union([z.string().min(1), z.number()]);

const common = {
  /** The load's name, unique in the run: with the run it is the key under which it is done once, and undone. */
  load: z.string().min(1).max(200),
  from: TableRef,
  into: TableRef,
};

/** Adds the rows. On Parquet, a table with partitions needs to be told which one. */
const Append = z.strictObject({ mode: z.literal('append'), ...common, partitionBy: z.string().min(1).optional(), partition: partition.optional() });
/** The rows take the place of those that have this value in this column. */
const Overwrite = z.strictObject({ mode: z.literal('overwrite_partition'), ...common, partitionBy: z.string().min(1), partition });
/** Rows with the same keys are replaced, the others added. */
const Merge = z.strictObject({ mode: z.literal('merge'), ...common, keys, partitionBy: z.string().min(1).optional(), partition: partition.optional() });
/** Slowly changing dimension, type 2: changed rows get a new version, with valid_from, valid_to and is_current. PostgreSQL and Iceberg only. */
const Versions = z.strictObject({ mode: z.literal('scd2'), ...common, keys, effectiveAt: z.iso.datetime({ offset: true }) });

/** What is loaded where, and how. */
export const Load = z.discriminatedUnion('mode', [Append, Overwrite, Merge, Versions]);

export type Load = z.output<typeof Load>;

/** What a load did. A retry that finds it done gives the same. */
export const Loaded = z.object({
  table: TableRef,
  /** Rows that were loaded. */
  rows: z.number(),
  bytes: z.number(),
  inserted: z.number(),
  updated: z.number(),
  /** Rows that the partition had before. */
  deleted: z.number(),
});

export type Loaded = z.output<typeof Loaded>;

const lake = {
  /** What must hold of the rows before anybody sees them. */
  checks: z.array(Check).max(500).default([]),
  /** The score, from 0 to 1, that the checks must reach. */
  minimumScore: z.number().min(0).max(1).default(1),
  /** How the table is partitioned where the load makes it, in Iceberg's words: `month(day)`, `bucket(id, 16)`. By `partitionBy` unless given. */
  partitioning: z.array(z.string().min(1)).optional(),
};

/** What is loaded into an Iceberg table, and how. */
export const IcebergLoad = z.discriminatedUnion('mode', [Append.extend(lake), Overwrite.extend(lake), Merge.extend(lake), Versions.extend(lake)]);

/** As an author writes it. */
export type IcebergLoad = z.input<typeof IcebergLoad>;
/** With what is left out filled in. */
export type FilledIcebergLoad = z.output<typeof IcebergLoad>;

/**
 * Writes a table's rows into another, once per run and load, whatever fails on the way. What it replaces is kept for undo_load.
 *
 * @throws SchemaConflictError when columns do not fit; ValidationError when rows do not; Refused load_undone
 * @example
 * const load: Load = { load: 'delays', from: delays.table, into: lake('delays'), mode: 'overwrite_partition', partitionBy: 'day', partition: day };
 * flow.undo(() => undoLoad(load));
 * await loadData(load);
 */
export const loadData = step('load_data', {
  description: 'Writes rows into a table.',
  input: Load,
  output: Loaded,
  retry: 'loading',
  timeout: '1 hour',
});

/**
 * Writes a table's rows into an Iceberg table through Trino, once per run and load: they are staged, checked, and published by one commit, so that
 * readers see all of it or nothing. Where both tables are Trino's no row passes through the worker.
 *
 * @throws ValidationError quality_too_low when the checks do not reach the score, with nothing published; SchemaConflictError when columns do not fit; Refused load_undone
 * @example
 * const load: IcebergLoad = { load: 'sales', from: sales.table, into: { connection: 'lake', table: 'sales.daily' }, mode: 'overwrite_partition', partitionBy: 'day', partition: day };
 * flow.undo(() => undoLoad(load));
 * await loadToIceberg({ ...load, checks: [checks.notNull('amount')] });
 */
export const loadToIceberg = step('load_to_iceberg', {
  description: 'Writes rows into an Iceberg table.',
  input: IcebergLoad,
  output: Loaded.extend({
    /** The snapshot that the load made; missing where there was nothing to change. */
    snapshot: z.string().optional(),
    /** What the checks found. */
    quality: QualityReport.optional(),
    /** The query that published. */
    engine: DoneOn,
    /** What all statements of the load took, those of its checks too. */
    cost: Cost.optional(),
  }),
  retry: 'loading',
  timeout: '1 hour',
});

/**
 * Brings back what a load replaced. Undoing a load that never came through does nothing, and keeps a late attempt of it away for good.
 *
 * @throws Refused when a later load has built on this one, or what was kept is gone
 */
export const undoLoad = step('undo_load', {
  description: 'Brings back what a load replaced.',
  input: z.object({ load: common.load, into: TableRef }),
  output: z.object({
    table: TableRef,
    /** Whether there was something to undo. */
    undone: z.boolean(),
    /** Rows that were brought back. */
    rows: z.number(),
  }),
  retry: 'backup',
  timeout: '1 hour',
});
