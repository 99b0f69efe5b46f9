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
