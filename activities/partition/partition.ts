import * as z from 'zod';

/** How a range is cut: by the calendar, or into a number of days counted from its start. */
export const PartitionSize = z.union([z.enum(['hour', 'day', 'week', 'month']), z.strictObject({ days: z.number().int().min(1).max(3_660) })]);

/** A range of the local calendar and how it is cut. */
export const PartitionRange = z.object({
  /** Where the first partition begins: a date (`2001-01-01`), an hour (`2001-01-01T05`), or an instant with its offset. */
  start: z.string().min(1),
  /** Where the last partition ends. It is not part of the range: for June, give July 1. */
  end: z.string().min(1),
  size: PartitionSize,
  /** An IANA time zone, such as Europe/Berlin. */
  zone: z.string().min(1).default('UTC'),
});

export type PartitionRange = z.output<typeof PartitionRange>;

/** A part of the calendar that is processed as a whole. */
export const Partition = z.object({
  /** Its place in the range, from 0. */
  index: z.number().int().min(0),
  /** `2001-01-01`, `2001-01-01T05`, `2001-W01` or `2001-01`, in the range's zone. */
  key: z.string().min(1),
  /** ISO 8601, UTC. */
  start: z.iso.datetime(),
  /** ISO 8601, UTC; the next partition begins here. */
  end: z.iso.datetime(),
});

export type Partition = z.output<typeof Partition>;

const hour = 3_600_000;
/** Milliseconds that one takes at most, but for what a zone's clocks go back. */
const longest = { hour, day: 24 * hour, week: 7 * 24 * hour, month: 31 * 24 * hour };

/** How many a range has at least, whatever its zone: 0 where its ends are no dates. */
export function leastPartitions({ start, end, size }: Pick<PartitionRange, 'start' | 'end' | 'size'>): number {
  const span = Date.parse(end.slice(0, 10)) - Date.parse(start.slice(0, 10)) - 2 * longest.day;
  const one = typeof size === 'string' ? longest[size] : size.days * longest.day;
  return Math.max(0, Math.floor(span / one) || 0);
}
