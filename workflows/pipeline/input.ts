import * as z from 'zod';
import { DagCall, TaskResult } from '../../activities/airflow/steps.js';
import { Condition } from '../../activities/engines/condition.js';
import { Source } from '../../activities/extract/steps.js';
import { IcebergLoad, Load } from '../../activities/load/steps.js';
import { Recipients } from '../../activities/notify/recipients.js';
import { sql } from '../../activities/sql/steps.js';
import { Check } from '../../sdk/authoring/quality.js';
import { TableRef } from '../../sdk/authoring/table-ref.js';

const own = { load: true, from: true } as const;
const [append, overwritePartition, merge, scd2] = Load.options;
const { checks, minimumScore, partitioning } = IcebergLoad.options[0].shape;

const iceberg = {
  /** Into an Iceberg table, through Trino; the options below are for it. */
  format: z.literal('iceberg').optional(),
  checks: checks.unwrap().optional(),
  minimumScore: minimumScore.unwrap().optional(),
  partitioning,
};

/** Where the rows go, and how: a load without its name and source. */
export const Target = z
  .discriminatedUnion('mode', [
    append.omit(own).extend(iceberg).strict(),
    overwritePartition.omit(own).extend(iceberg).strict(),
    merge.omit(own).extend(iceberg).strict(),
    scd2.omit(own).extend(iceberg).strict(),
  ])
  .refine(
    (it) => it.format === 'iceberg' || (it.checks ?? it.minimumScore ?? it.partitioning) === undefined,
    "checks, minimumScore and partitioning are for Iceberg: say format: 'iceberg'",
  );

export type Target = z.output<typeof Target>;

const { on, statement, parameters, tables } = sql.input.shape;
const Time = z.union([
  z.number().positive(),
  z.templateLiteral([z.number(), ' ', z.enum(['second', 'seconds', 'minute', 'minutes', 'hour', 'hours', 'day', 'days'])]),
]);

/** A query on the extracted rows, which it knows as the table `extracted`. */
const SqlTransform = z.strictObject({ on: on.optional(), statement, parameters, tables });

/** An Airflow DAG, which finds the extracted table in its conf as `extracted: { connection, table }`. */
export const DagTransform = DagCall.extend({
  /** The table that it writes, or the task that returns it as `{ connection, table }`. */
  gives: z.union([TableRef.strict(), TaskResult]),
});

export type DagTransform = z.output<typeof DagTransform>;

/** A data pipeline as configuration. A misspelt option is refused. */
export const DataPipelineInput = z.strictObject({
  source: z.strictObject({
    from: Source,
    /** The connection that gets the extracted rows, in a table of the run. */
    into: z.string().min(1),
    where: z.array(Condition).optional(),
    select: z.array(z.string().min(1)).min(1).optional(),
  }),
  /** What the extracted rows must keep. Without checks there is no gate. */
  checks: z.array(Check).max(500).default([]),
  /** The lowest score that passes without people. */
  minQualityScore: z.number().min(0).max(1).default(1),
  /** How long people have to accept poor quality: milliseconds, or words. */
  approvalWithin: Time.default('4 hours'),
  /** What is made of the extracted rows. Without it they are loaded as they are. */
  transform: z.union([SqlTransform, DagTransform]).optional(),
  target: Target,
  /** Who is told of poor quality, of the end and of a failure: connections, or connections by severity. */
  notify: Recipients.optional(),
});

export type DataPipelineInput = z.output<typeof DataPipelineInput>;
