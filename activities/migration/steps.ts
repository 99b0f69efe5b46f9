import * as z from 'zod';
import { Check } from '../../sdk/authoring/quality.js';
import { step, TableRef } from '../../sdk/index.js';
import { QualityReport } from '../quality/steps.js';

/** A change of a table's definition or content. */
export const Migration = z.strictObject({
  /** A postgres connection, a duckdb connection with a file, or a trino connection (Iceberg tables). */
  connection: z.string().min(1),
  table: z.string().min(1),
  /** Run in this order, in one transaction; on Trino, which has none, one after another. */
  statements: z.array(z.string().min(1)).min(1).max(1_000),
  /** What must hold before; and after. */
  checksBefore: z.array(Check).default([]),
  checksAfter: z.array(Check).default([]),
});

export type Migration = z.output<typeof Migration>;

const Validated = z.object({
  passed: z.boolean(),
  /** In sentences; empty when it passed. */
  problems: z.array(z.string()),
  rows: z.number(),
  bytes: z.number(),
  quality: QualityReport.optional(),
});

/** A migration's table alone: what the backup and the restore need. */
const Table = z.object({ connection: z.string().min(1), table: z.string().min(1) });

/**
 * Sees whether a migration can be done and undone: the table is there and can be backed up, the statements run (in a transaction that is taken back; Trino, which has none, plans
 * them, and one that changes another table is refused, since no backup has that), the checks hold.
 * What is wrong is an answer, not an error.
 */
export const validateMigration = step('validate_migration', {
  description: 'Sees whether a migration can be done and undone.',
  input: Migration.extend({
    /** Try the statements and take them back. It holds the table's lock for as long as they take. */
    tryStatements: z.boolean().default(true),
  }),
  output: Validated.extend({
    /** What Trino is to do for each statement that changes rows. */
    plan: z
      .array(
        z.object({
          /** Its number, from 1. */
          statement: z.number(),
          /** Tables that it reads, with how many rows Trino expects where it has statistics. */
          reads: z.array(z.object({ table: z.string(), rows: z.number().optional() })),
          writes: z.string().optional(),
        }),
      )
      .optional(),
  }),
  retry: 'quality',
  timeout: '30 minutes',
});

/** Copies the table, its rows and its definition, under a name of this run; of an Iceberg table it keeps the snapshot's id. A repeat finds the same. */
export const createBackup = step('create_backup', {
  description: 'Copies a table before it is changed.',
  input: Table,
  output: z.object({
    backup: TableRef,
    /** Iceberg's: there the backup is a snapshot of the table itself. */
    snapshot: z.string().optional(),
    rows: z.number(),
    bytes: z.number(),
    checksum: z.string(),
  }),
  retry: 'backup',
  timeout: '1 hour',
});

/**
 * Runs a migration's statements once per call: in one transaction; on Trino, which has none, one after another, each of them once. There is one attempt, and in it a transient
 * error is tried again where the engine has proven that a statement was not applied.
 *
 * @throws ValidationError bad_sql and what the engine answers, with nothing applied; on Trino the statements before it stay applied, until restore_backup;
 * Refused outcome_unknown where nothing proves whether a statement of Trino was applied: it is not run again
 */
export const applyMigration = step('apply_migration', {
  description: "Runs a migration's statements, once.",
  input: Migration,
  output: z.object({ statements: z.number(), rows: z.number(), bytes: z.number() }),
  retry: 'none',
  timeout: '1 hour',
});

/**
 * Brings the table back as the backup has it, in one transaction, and compares row count and content before it commits. A table that is as it was is left alone.
 *
 * @throws HeadraceError when the comparison fails; then the table is left as it was found
 */
export const restoreBackup = step('restore_backup', {
  description: 'Brings a table back from its backup.',
  input: Table,
  output: z.object({ restored: z.boolean(), verified: z.boolean(), rows: z.number(), bytes: z.number(), checksum: z.string() }),
  retry: 'backup',
  timeout: '1 hour',
});

/** Checks a table after its migration. A check that fails is an answer, not an error. */
export const validatePostMigration = step('validate_post_migration', {
  description: 'Checks a table after its migration.',
  input: Migration,
  output: Validated,
  retry: 'quality',
  timeout: '30 minutes',
});
