import * as z from 'zod';

const seconds = z.number().min(0);
const count = z.number().int().min(0);

/**
 * What a step's work took, by the account of the engine that did it. A figure that the engine does not tell is left out: none is estimated.
 * Where the work was several statements or tasks these are sums, and of `peakMemoryBytes` the largest.
 */
export const Cost = z.object({
  /** Time of computing, over all threads and machines. */
  cpuSeconds: seconds.optional(),
  /** Cores that were set aside for the work, times the seconds for which they were. */
  coreSeconds: seconds.optional(),
  /** From the work's begin on the engine to its end. */
  wallSeconds: seconds.optional(),
  peakMemoryBytes: count.optional(),
  /** Rows and bytes that were read from where the tables lie. */
  scannedRows: count.optional(),
  scannedBytes: count.optional(),
  /** Bytes that were written to where the tables lie. */
  writtenBytes: count.optional(),
});

export type Cost = z.output<typeof Cost>;

/** What an output says under `cost`; undefined where it says nothing of this shape. */
export function costOf(output: unknown): Cost | undefined {
  if (typeof output !== 'object' || output === null || !('cost' in output)) return undefined;
  const { data } = Cost.safeParse(output.cost);
  return data === undefined || Object.values(data).every((figure) => figure === undefined) ? undefined : data;
}
