import { ValidationError } from '../authoring/errors.js';
import { maximumPartitions } from '../authoring/maximum-partitions.js';
import { readBoundary } from './partition-boundary.js';
import { type Calendar, cut, type PartitionSize } from './partition-calendar.js';

export type { PartitionSize } from './partition-calendar.js';

/** A part of the calendar that is processed as a whole: `start` belongs to it, `end` to the next one. */
export interface Partition {
  /** Its place in the range, from 0. */
  index: number;
  /** `2001-01-01`, `2001-01-01T05`, `2001-W01` or `2001-01`, in the range's zone; unique in the range. */
  key: string;
  /** ISO 8601, UTC. */
  start: string;
  /** ISO 8601, UTC. */
  end: string;
}

/** What is cut into partitions, and how. */
export interface PartitionRange {
  /** Where the first partition begins: a date, an hour, or an instant with its offset. */
  start: string;
  /** Where the last partition ends, which is not part of the range. */
  end: string;
  size: PartitionSize;
  /** An IANA time zone; UTC unless said. */
  zone?: string | undefined;
}

/** The partitions of a range, computed when they are asked for. */
export interface Partitions extends Iterable<Partition> {
  readonly total: number;
  at(index: number): Partition;
  /** At most `limit` partitions from an index on. */
  page(from: number, limit: number): Partition[];
}

const mostDays = 3_660;

/**
 * Cuts a range of the local calendar into partitions, without gap or overlap, right across clock changes.
 *
 * @throws ValidationError when the range is empty, not made of whole partitions, or has more than 1,000,000 of them
 * @example
 * partitions({ start: '2001-01-01', end: '2001-07-02', size: 'day', zone: 'America/Chicago' }).total; // 182
 */
export function partitions({ start, end, size, zone = 'UTC' }: PartitionRange): Partitions {
  checkZone(zone);
  checkSize(size);
  const [first, last] = [readBoundary(start, zone, 'start'), readBoundary(end, zone, 'end')];
  if (last <= first)
    throw new ValidationError(`The range from ${start} to ${end} is empty.`, {
      where: 'end',
      fix: 'The end is not part of the range: for one day, give the next day.',
    });
  const calendar = cut(first, last, size, zone);
  refuseTooMany(calendar.count);
  return list(calendar);
}

function list(calendar: Calendar): Partitions {
  const total = calendar.count;
  const at = (index: number) => partitionAt(calendar, index);
  const page = (from: number, limit: number) => Array.from({ length: Math.max(0, Math.min(limit, total - from)) }, (_, offset) => at(from + offset));
  return {
    total,
    at,
    page,
    *[Symbol.iterator]() {
      for (let index = 0; index < total; index += 1) yield at(index);
    },
  };
}

function partitionAt(calendar: Calendar, index: number): Partition {
  if (!Number.isInteger(index) || index < 0 || index >= calendar.count) {
    throw new ValidationError(`There is no partition ${index}: the range has ${calendar.count}, counted from 0.`, { where: 'index' });
  }
  const [start, end] = [calendar.startOf(index), calendar.startOf(index + 1)].map((instant) => new Date(instant).toISOString()) as [string, string];
  return { index, key: calendar.keyOf(index), start, end };
}

function checkZone(zone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch {
    throw new ValidationError(`'${zone}' is no time zone.`, { where: 'zone', fix: "Write it as 'Europe/Berlin' or 'UTC'." });
  }
}

function checkSize(size: PartitionSize): void {
  if (typeof size === 'string') {
    if (['hour', 'day', 'week', 'month'].includes(size)) return;
  } else if (Number.isInteger(size?.days) && size.days >= 1 && size.days <= mostDays) return;
  throw new ValidationError(`${JSON.stringify(size)} is no size of a partition.`, {
    where: 'size',
    fix: `Write 'hour', 'day', 'week', 'month' or { days: n } with n from 1 to ${mostDays}.`,
  });
}

function refuseTooMany(count: number): void {
  if (count <= maximumPartitions) return;
  throw new ValidationError(`The range has ${count.toLocaleString('en')} partitions; ${maximumPartitions.toLocaleString('en')} are allowed.`, {
    where: 'size',
    fix: 'Take a larger size, or backfill the range in parts.',
  });
}
