import type * as z from 'zod';
import type { Partition } from '../../activities/partition/partition.js';
import { type Pipeline, pipeline } from '../../sdk/index.js';
import { coordinate, type PartitionWork } from './coordinate.js';
import { BackfillInput, fewEnough } from './input.js';
import { BackfillResult } from './result.js';

interface BackfillOptions {
  description?: string;
  owner?: string;
  tags?: readonly string[];
}

/** Each partition is a run of a pipeline of its own, with its approvals and undo. */
interface ByPipeline<I extends z.ZodType> extends BackfillOptions {
  pipeline: Pipeline<I, z.ZodType>;
  /** What the pipeline is given for a partition. */
  input: (partition: Partition) => z.input<I>;
}

/** Each partition is done by steps of the backfill itself: quicker, for work that replaces its partition and needs no undo. */
interface BySteps extends BackfillOptions {
  /** Calls steps. `commitKey` names backfill and partition, and is the same whenever the partition is done again. */
  each: (partition: Partition, commitKey: string) => Promise<unknown>;
}

/**
 * Declares a backfill of one's own, typed. Its input is a range and how it is worked off (BackfillInput).
 *
 * @example
 * export const flightsBackfill = backfill('flights_backfill', { pipeline: dailyFlights, input: ({ key }) => ({ day: key }) });
 * export const salesBackfill = backfill('sales_backfill', { each: ({ key }) => priceOrders({ day: key }) });
 */
export function backfill<I extends z.ZodType>(id: string, declaration: ByPipeline<I> | BySteps): Pipeline<typeof BackfillInput, typeof BackfillResult> {
  const { description, owner, tags } = declaration;
  const work: PartitionWork = 'each' in declaration ? { each: declaration.each } : { pipeline: declaration.pipeline.id, input: declaration.input };
  const options = { description: description ?? 'A backfill.', owner, tags, maxDuration: 'none' as const };
  return pipeline(id, { ...options, input: BackfillInput.refine(...fewEnough), output: BackfillResult }, (flow, input) => coordinate(flow, input, work));
}
