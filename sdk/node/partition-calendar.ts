import { TZDate } from '@date-fns/tz';
import { getISOWeek, getISOWeekYear } from 'date-fns';
import { ValidationError } from '../authoring/errors.js';
import { type Instant, occursTwice, showClock, showOffset } from './partition-boundary.js';

/** How a range is cut. A number of days is counted from the start of the range; its last partition may be shorter. */
export type PartitionSize = 'hour' | 'day' | 'week' | 'month' | { days: number };

/** The partitions of one size in one zone, each found by its index without a look at the others. */
export interface Calendar {
  readonly count: number;
  /** Where a partition begins; `count` gives the end of the last. */
  startOf(index: number): Instant;
  keyOf(index: number): string;
}

const hour = 3_600_000;
const day = 24 * hour;

/**
 * Cuts a range.
 *
 * @throws ValidationError when the range does not begin and end where partitions of this size do
 */
export function cut(start: Instant, end: Instant, size: PartitionSize, zone: string): Calendar {
  if (size === 'hour') return hours(start, end, zone);
  if (size === 'month') return months(start, end, zone);
  const length = size === 'day' ? 1 : size === 'week' ? 7 : size.days;
  return days({ first: dateNumber(start, zone, 'start'), last: dateNumber(end, zone, 'end'), length, weeks: size === 'week', zone });
}

/** Elapsed hours, so that a day of 23 or 25 has as many. */
function hours(start: Instant, end: Instant, zone: string): Calendar {
  const count = (end - start) / hour;
  for (const [name, instant] of [
    ['start', start],
    ['end', end],
  ] as const) {
    if (showClock(instant, zone).endsWith(':00:00')) continue;
    throw misplaced(name, instant, zone, 'is not at a full hour', 'Begin and end at full hours.');
  }
  // Lord Howe Island changes its clocks by half an hour.
  if (!Number.isInteger(count))
    throw misplaced('end', end, zone, 'is not a whole number of hours after the start, because the clocks change by a part of an hour', "Use zone 'UTC'.");
  const startOf = (index: number) => start + index * hour;
  return { count, startOf, keyOf: (index) => hourKey(startOf(index), zone) };
}

/** An hour that the clocks show twice carries its offset, so that each key is there once. */
function hourKey(instant: Instant, zone: string): string {
  const clock = showClock(instant, zone).slice(0, 16).replace(/:00$/, '');
  return occursTwice(instant, zone) ? clock + showOffset(instant, zone) : clock;
}

interface Days {
  /** Days since 1970-01-01 of the local calendar. */
  first: number;
  last: number;
  length: number;
  weeks: boolean;
  zone: string;
}

function days({ first, last, length, weeks, zone }: Days): Calendar {
  if (weeks)
    for (const [name, date] of [
      ['start', first],
      ['end', last],
    ] as const)
      refuseOffMonday(name, date);
  const numberOf = (index: number) => Math.min(first + index * length, last);
  return {
    count: Math.ceil((last - first) / length),
    startOf: (index) => startOfDate(numberOf(index), zone),
    keyOf: (index) => (weeks ? weekKey(numberOf(index)) : dateText(numberOf(index))),
  };
}

function refuseOffMonday(name: string, date: number): void {
  // 1970-01-01 was a Thursday.
  const since = (((date + 3) % 7) + 7) % 7;
  if (since === 0) return;
  throw new ValidationError(`The ${name} of the range, ${dateText(date)}, is not a Monday, where a week begins.`, {
    where: name,
    fix: `Take ${dateText(date - since)} or ${dateText(date - since + 7)}, or a size of { days: 7 }.`,
  });
}

function weekKey(date: number): string {
  const utc = new TZDate(date * day, 'UTC');
  return `${getISOWeekYear(utc)}-W${String(getISOWeek(utc)).padStart(2, '0')}`;
}

function months(start: Instant, end: Instant, zone: string): Calendar {
  const [first, last] = [monthNumber(start, zone, 'start'), monthNumber(end, zone, 'end')];
  const startOf = (index: number) => startOfDate(Date.UTC(1900, first + index) / day, zone);
  return { count: last - first, startOf, keyOf: (index) => showMonth(first + index) };
}

/** Months since January 1900. */
function monthNumber(instant: Instant, zone: string, name: string): number {
  const date = dateText(dateNumber(instant, zone, name));
  const [year = 0, month = 1] = date.split('-').map(Number);
  if (date.endsWith('-01')) return (year - 1900) * 12 + month - 1;
  throw misplaced(name, instant, zone, 'is not the first day of a month', `Take ${date.slice(0, 7)}-01 or the first of the next month.`);
}

function showMonth(month: number): string {
  return new Date(Date.UTC(1900, month)).toISOString().slice(0, 7);
}

function dateNumber(instant: Instant, zone: string, name: string): number {
  const number = Date.parse(`${showClock(instant, zone).slice(0, 10)}T00:00:00Z`) / day;
  if (startOfDate(number, zone) === instant) return number;
  throw misplaced(name, instant, zone, 'is not where a day begins', 'Give dates, without a time of day.');
}

/** Where a local date begins: 00:00, or later where the clocks pass over midnight. */
function startOfDate(number: number, zone: string): Instant {
  const date = new Date(number * day);
  return +new TZDate(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(), zone);
}

function dateText(number: number): string {
  return new Date(number * day).toISOString().slice(0, 10);
}

function misplaced(name: string, instant: Instant, zone: string, what: string, fix: string): ValidationError {
  return new ValidationError(`The ${name} of the range, ${showClock(instant, zone)} in ${zone}, ${what}.`, { where: name, fix });
}
