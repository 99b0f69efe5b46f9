import * as z from 'zod';
import type { Partition } from '../activities/partition/partition.js';
import { pipeline } from '../sdk/index.js';
import { coordinate } from './backfill/coordinate.js';
import { BackfillInput } from './backfill/input.js';
import { BackfillResult } from './backfill/result.js';

const Field = z.string().min(1);

/** The fields of the pipeline's input that get the partition's key, start and end. */
const PartitionFields = z.strictObject({ key: Field.optional(), start: Field.optional(), end: Field.optional() });

/** What to backfill, and how. */
export const DataBackfillInput = BackfillInput.extend({
  /** The id of the pipeline that does one partition. */
  pipeline: z.string().min(1),
  /** What every run of it is given, beside the partition. */
  input: z.record(z.string(), z.unknown()).default({}),
  /** The field that gets the partition's key, as `'day'`, or fields for its key, start and end. Unless given, the field `partition` gets all three. */
  partitionAs: z.union([Field, PartitionFields]).optional(),
});

export type DataBackfillInput = z.output<typeof DataBackfillInput>;

/**
 * Runs a pipeline for every partition of a range (SPEC §4).
 *
 * @example
 * { start: '2001-01-01', end: '2001-07-02', size: 'day', pipeline: 'daily_flights', partitionAs: 'day' }
 */
export const dataBackfill = pipeline(
  'data_backfill',
  {
    description: 'Runs a pipeline for every partition of a range.',
    input: DataBackfillInput,
    output: BackfillResult,
    maxDuration: 'none',
  },
  (flow, input) => coordinate(flow, input, { pipeline: input.pipeline, input: (partition) => inputFor(input, partition) }),
);

function inputFor({ input, partitionAs }: DataBackfillInput, { key, start, end }: Partition): Record<string, unknown> {
  if (partitionAs === undefined) return { ...input, partition: { key, start, end } };
  if (typeof partitionAs === 'string') return { ...input, [partitionAs]: key };
  const values = { key, start, end };
  const fields = Object.entries(partitionAs) as [keyof typeof values, string][];
  return { ...input, ...Object.fromEntries(fields.map(([part, field]) => [field, values[part]])) };
}
