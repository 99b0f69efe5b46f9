import type { Family } from '../telemetry/family.js';

const bounds = [0.01, 0.05, 0.25, 1, 5, 15, 60] as const;

interface Counts {
  labels: Record<string, string>;
  /** Up to each bound, all before it included. */
  upTo: number[];
  count: number;
  sum: number;
}

/** How this process answered requests, by route and status. */
export class RequestMetrics {
  private readonly counts = new Map<string, Counts>();

  observe(labels: { method: string; route: string; status: string }, seconds: number): void {
    const key = Object.values(labels).join(' ');
    const counts = this.counts.get(key) ?? { labels, upTo: bounds.map(() => 0), count: 0, sum: 0 };
    this.counts.set(key, counts);
    counts.upTo = counts.upTo.map((before, index) => before + (seconds <= (bounds[index] ?? 0) ? 1 : 0));
    counts.count += 1;
    counts.sum += seconds;
  }

  readonly source = async (): Promise<Family[]> => [
    {
      name: 'headrace_api_request_duration_seconds',
      help: 'Seconds until the API had an answer to a request.',
      type: 'histogram',
      series: [...this.counts.values()].map(({ labels, upTo, count, sum }) => ({
        labels,
        buckets: bounds.map((bound, index) => ({ bound, count: upTo[index] ?? 0 })),
        count,
        sum,
      })),
    },
  ];
}
