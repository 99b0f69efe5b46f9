import * as z from 'zod';
import { leastPartitions, PartitionRange } from '../../activities/partition/partition.js';
import { maximumPartitions } from '../../sdk/authoring/maximum-partitions.js';
import { IndexRange } from './index-ranges.js';

/** A partition whose run waits for people: it holds no lane, and goes on when the backfill continues as new. */
export const Parked = z.object({ workflowId: z.string(), index: z.number().int(), key: z.string(), round: z.number().int() });

export type Parked = z.output<typeof Parked>;

/** A partition that did not succeed, and why. */
export const Problem = z.object({ key: z.string(), state: z.string(), reason: z.string() });

export type Problem = z.output<typeof Problem>;

/** How far a backfill is: what it hands to itself when it continues as new. Ranges, run ids and counts, however many partitions there are. */
export const Progress = z.object({
  /** The workflow id and first run of the backfill, under which each partition is committed once. */
  backfill: z.string(),
  /** ISO 8601, UTC. */
  startedAt: z.string(),
  total: z.number().int(),
  /** What is still to be done, by round. */
  todo: z.array(z.array(IndexRange)),
  failed: z.array(IndexRange),
  cancelled: z.array(IndexRange),
  succeeded: z.number().int(),
  rows: z.number(),
  parked: z.array(Parked),
  problems: z.array(Problem),
  /** Why those failed that have another round before them. */
  awaiting: z.array(Problem.extend({ index: z.number().int() })).optional(),
});

export type Progress = z.output<typeof Progress>;

/** What every backfill takes. A misspelt option is refused. */
export const BackfillInput = PartitionRange.extend({
  /** Partitions at once. */
  concurrency: z.number().int().min(1).max(500).default(10),
  /** How often a partition that failed is done in all, beside the retries of its steps. */
  rounds: z.number().int().min(1).max(10).default(2),
  /** No further partition is begun when this many did not succeed: something is wrong with all of them. */
  stopAfter: z.number().int().min(1).max(5_000).default(1_000),
  /** Milliseconds after which a partition's run is looked at: one that waits for people leaves its lane to the next partition. */
  parkAfter: z.number().int().min(100).default(10_000),
  /** Partitions that are begun before the backfill continues as new, with an empty history. */
  continueAfter: z.number().int().min(1).max(2_000).default(1_000),
  /** Set by the backfill itself when it continues as new. */
  continued: Progress.optional(),
}).strict();

export type BackfillInput = z.output<typeof BackfillInput>;

/** Said at the door, where list_partitions would count exactly. */
export const fewEnough = [
  (range: Parameters<typeof leastPartitions>[0]) => leastPartitions(range) <= maximumPartitions,
  'The range has millions of partitions; 1,000,000 are allowed. Give larger ones, or a part of it.',
] as const;
