import type { Cost } from '../../sdk/index.js';

/** What several pieces of work took together; undefined where none of them tells anything. */
export function sumCosts(costs: Iterable<Cost | undefined>): Cost | undefined {
  const sum: Cost = {};
  for (const cost of costs) {
    for (const [name, figure] of Object.entries(cost ?? {}) as [keyof Cost, number | undefined][]) {
      if (figure === undefined) continue;
      const before = sum[name] ?? 0;
      sum[name] = name === 'peakMemoryBytes' ? Math.max(before, figure) : before + figure;
    }
  }
  return Object.keys(sum).length === 0 ? undefined : sum;
}
