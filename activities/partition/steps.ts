import * as z from 'zod';
import { Cost, step } from '../../sdk/index.js';
import { Partition, PartitionRange } from './partition.js';
import { PartitionQuery } from './query.js';

/** Partitions that one call lists at most. */
export const mostListed = 1_000;

/**
 * Lists some of a range's partitions. A fast step, because calendars change with Node and a pipeline's body must not depend on them (DESIGN §4.6).
 *
 * @throws ValidationError when the range is not made of whole partitions, is empty, or has more than 1,000,000
 * @example
 * const { total, partitions } = await listPartitions({ start: '2001-01-01', end: '2001-07-02', size: 'day', limit: 500 });
 */
export const listPartitions = step('list_partitions', {
  description: "Lists some of a range's partitions.",
  input: PartitionRange.extend({
    /** The first to be listed, counted from 0. */
    from: z.number().int().min(0).default(0),
    limit: z.number().int().min(0).max(mostListed).default(mostListed),
    /** Lists these instead. */
    at: z.array(z.number().int().min(0)).max(mostListed).optional(),
  }),
  output: z.object({ total: z.number().int(), partitions: z.array(Partition) }),
  fast: true,
});

/** Runs that one call looks at, at most. */
export const mostWatched = 200;

/** What a run is seen to do. */
export const SeenRun = z.object({
  workflowId: z.string(),
  /** A state of SPEC §6. */
  state: z.enum(['RUNNING', 'WAITING_FOR_APPROVAL', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'ROLLED_BACK', 'TIMED_OUT', 'TERMINATED']),
  /** Rows that the result of an ended run tells. */
  rows: z.number().optional(),
  reason: z.string().optional(),
});

export type SeenRun = z.output<typeof SeenRun>;

/** Looks at runs: a coordinator finds out who waits for people, and how those ended that it does not wait for itself. */
export const watchRuns = step('watch_runs', {
  description: 'Looks at the state of runs.',
  input: z.object({ workflowIds: z.array(z.string().min(1)).min(1).max(mostWatched) }),
  output: z.object({ runs: z.array(SeenRun) }),
  timeout: '30 seconds',
});

/**
 * Does one partition of a backfill: runs a query for it, and replaces that partition of a table by the rows. Done once under its commit key, whatever fails on the way.
 *
 * @throws what sql and load_data throw
 * @example
 * await processPartition({
 *   commitKey, partition,
 *   query: { on: 'lake', statement: 'SELECT $key AS day, count(*) AS flights FROM flights WHERE date >= $start AND date < $end', into: lake('daily'), partitionBy: 'day' },
 * });
 */
export const processPartition = step('process_partition', {
  description: 'Does one partition of a backfill.',
  input: z.strictObject({
    partition: Partition,
    /** Names the backfill and the partition. */
    commitKey: z.string().min(1),
    query: PartitionQuery,
  }),
  output: z.object({ rows: z.number(), bytes: z.number(), cost: Cost.optional() }),
  retry: 'partition',
  timeout: '1 hour',
});
