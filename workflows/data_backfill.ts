import * as z from 'zod';
import type { Partition } from '../activities/partition/partition.js';
import { PartitionQuery } from '../activities/partition/query.js';
import { processPartition } from '../activities/partition/steps.js';
import { pipeline } from '../sdk/index.js';
import { coordinate, type PartitionWork } from './backfill/coordinate.js';
import { BackfillInput, fewEnough } from './backfill/input.js';
import { BackfillResult } from './backfill/result.js';

const Field = z.string().min(1);

/** The fields of the pipeline's input that get the partition's key, start and end. */
const PartitionFields = z.strictObject({ key: Field.optional(), start: Field.optional(), end: Field.optional() });

/** What to backfill, and how. */
export const DataBackfillInput = BackfillInput.extend({
  /** The id of the pipeline that does one partition. */
  pipeline: z.string().min(1).optional(),
  /** What every run of it is given, beside the partition. */
  input: z.record(z.string(), z.unknown()).default({}),
  /** The field that gets the partition's key, as `'day'`, or fields for its key, start and end. Unless given, the field `partition` gets all three. */
  partitionAs: z.union([Field, PartitionFields]).optional(),
  /** Or the query that process_partition runs for one partition, whose rows replace that partition of a table. */
  query: PartitionQuery.optional(),
})
  .refine(({ pipeline, query }) => (pipeline === undefined) !== (query === undefined), 'Give either pipeline, the id of one that does a partition, or query.')
  .refine(...fewEnough);

export type DataBackfillInput = z.output<typeof DataBackfillInput>;

/**
 * Does every partition of a range: by a run of a pipeline, or by process_partition (SPEC §4).
 *
 * @example
 * { start: '2001-01-01', end: '2001-07-02', size: 'day', pipeline: 'daily_flights', partitionAs: 'day' }
 */
export const dataBackfill = pipeline(
  'data_backfill',
  {
    description: 'Does every partition of a range.',
    input: DataBackfillInput,
    output: BackfillResult,
    maxDuration: 'none',
  },
  (flow, input) => coordinate(flow, input, workOf(input)),
);

function workOf(input: DataBackfillInput): PartitionWork {
  const { pipeline: id, query } = input;
  if (id !== undefined) return { pipeline: id, input: (partition) => inputFor(input, partition) };
  if (query === undefined) throw new TypeError('Neither a pipeline nor a query.');
  return { each: (partition, commitKey) => processPartition({ partition, commitKey, query }) };
}

function inputFor({ input, partitionAs }: DataBackfillInput, { key, start, end }: Partition): Record<string, unknown> {
  if (partitionAs === undefined) return { ...input, partition: { key, start, end } };
  if (typeof partitionAs === 'string') return { ...input, [partitionAs]: key };
  const values = { key, start, end };
  const fields = Object.entries(partitionAs) as [keyof typeof values, string][];
  return { ...input, ...Object.fromEntries(fields.map(([part, field]) => [field, values[part]])) };
}
