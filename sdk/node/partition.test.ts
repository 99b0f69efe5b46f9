import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ValidationError } from '../index.js';
import { type PartitionRange, partitions } from './partition.js';

const hour = 3_600_000;
const day = 24 * hour;
const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Sydney', 'Asia/Kolkata', 'America/Sao_Paulo', 'America/Havana', 'Pacific/Auckland'];

const hoursOf = (range: PartitionRange) => partitions({ ...range, size: 'hour' }).total;
const keys = (range: PartitionRange) => [...partitions(range)].map(({ key }) => key);
const dateAt = (number: number) => new Date(number * day).toISOString().slice(0, 10);
const monthAt = (number: number) => new Date(Date.UTC(1970, number)).toISOString().slice(0, 10);

// Days 0 to 20,000 reach from 1970 to 2024. A Monday is 4 + 7n.
const dates = (grid: (number: number) => string, longest: number, most: number) =>
  fc.tuple(fc.nat({ max: most }), fc.integer({ min: 1, max: longest })).map(([first, length]) => ({ start: grid(first), end: grid(first + length), length }));
const zone = fc.constantFrom(...zones);

describe('the calendar', () => {
  const sized = fc.oneof(
    dates(dateAt, 400, 20_000).map((it) => ({ ...it, size: 'day' as const, count: it.length })),
    dates(dateAt, 4, 20_000).map((it) => ({ ...it, size: 'hour' as const, count: undefined })),
    dates((number) => dateAt(4 + 7 * number), 60, 2_800).map((it) => ({ ...it, size: 'week' as const, count: it.length })),
    dates(monthAt, 40, 600).map((it) => ({ ...it, size: 'month' as const, count: it.length })),
    fc.tuple(dates(dateAt, 400, 20_000), fc.integer({ min: 1, max: 50 })).map(([it, days]) => ({ ...it, size: { days }, count: Math.ceil(it.length / days) })),
  );

  it('tiles a range without gap or overlap, in order, with unique keys', () => {
    fc.assert(
      fc.property(sized, zone, ({ start, end, size, count }, zone) => {
        const found = partitions({ start, end, size, zone });
        const all = [...found];
        expect(found.total).toBe(all.length);
        if (count !== undefined) expect(all.length).toBe(count);
        expect(new Set(all.map(({ key }) => key)).size).toBe(all.length);
        expect(all[0]?.start).toBe(partitions({ start, end, size: { days: 3_660 }, zone }).at(0).start);
        for (const [index, partition] of all.entries()) {
          expect(partition.index).toBe(index);
          expect(partition.start < partition.end).toBe(true);
          if (index > 0) expect(partition.start).toBe(all[index - 1]?.end);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('finds any partition by its index, and any page, without the others', () => {
    const range = { start: '1900-01-01', end: '1990-01-01', size: 'hour' as const };
    const found = partitions(range);
    const began = performance.now();
    expect(found.at(700_000)).toEqual({ index: 700_000, key: '1979-11-09T16', start: '1979-11-09T16:00:00.000Z', end: '1979-11-09T17:00:00.000Z' });
    expect(found.page(found.total - 2, 1_000).map(({ key }) => key)).toEqual(['1989-12-31T22', '1989-12-31T23']);
    expect(performance.now() - began).toBeLessThan(100);
  });

  it('keys the same partitions the same in every range', () => {
    fc.assert(
      fc.property(dates(dateAt, 60, 20_000), zone, ({ start, end, length }, zone) => {
        const whole = partitions({ start, end, size: 'day', zone });
        const middle = Math.floor(length / 2);
        const part = partitions({ start: whole.at(middle).start, end, size: 'day', zone });
        expect(part.at(0)).toEqual({ ...whole.at(middle), index: 0 });
      }),
      { numRuns: 50 },
    );
  });
});

describe('a clock change', () => {
  it.each([
    ['Europe/Berlin', '2001-03-25', '2001-10-28'],
    ['America/New_York', '2001-04-01', '2001-10-28'],
    ['Australia/Sydney', '2001-10-28', '2001-03-25'],
  ])('makes days of 23 and 25 hours in %s', (zone, spring, autumn) => {
    const hours = (date: string) => hoursOf({ start: date, end: dateAt(Date.parse(date) / day + 1), size: 'day', zone });
    expect(hours(spring)).toBe(23);
    expect(hours(autumn)).toBe(25);
    expect(hours('2001-07-01')).toBe(24);
    const { start, end } = partitions({ start: autumn, end: dateAt(Date.parse(autumn) / day + 1), size: 'day', zone }).at(0);
    expect(Date.parse(end) - Date.parse(start)).toBe(25 * hour);
  });

  it('leaves out the hour that is passed over, and tells the repeated hours apart', () => {
    const zone = 'Europe/Berlin';
    expect(keys({ start: '2001-03-25', end: '2001-03-25T05', size: 'hour', zone })).toEqual([
      '2001-03-25T00',
      '2001-03-25T01',
      '2001-03-25T03',
      '2001-03-25T04',
    ]);
    expect(keys({ start: '2001-10-28T01', end: '2001-10-28T04', size: 'hour', zone })).toEqual([
      '2001-10-28T01',
      '2001-10-28T02+02:00',
      '2001-10-28T02+01:00',
      '2001-10-28T03',
    ]);
  });

  it('takes a key with its offset as a boundary, and refuses an hour that is shown twice or never', () => {
    const zone = 'Europe/Berlin';
    expect(keys({ start: '2001-10-28T02+01:00', end: '2001-10-28T03', size: 'hour', zone })).toEqual(['2001-10-28T02+01:00']);
    expect(() => partitions({ start: '2001-10-28T02', end: '2001-10-28T03', size: 'hour', zone })).toThrow(/twice/);
    expect(() => partitions({ start: '2001-03-25T02', end: '2001-03-25T04', size: 'hour', zone })).toThrow(/never/);
  });

  it('begins a day at 01:00 where the clocks pass over midnight', () => {
    const range = { start: '2017-10-15', end: '2017-10-16', size: 'day' as const, zone: 'America/Sao_Paulo' };
    expect(partitions(range).at(0)).toEqual({ index: 0, key: '2017-10-15', start: '2017-10-15T03:00:00.000Z', end: '2017-10-16T02:00:00.000Z' });
    expect(hoursOf(range)).toBe(23);
  });
});

describe('keys', () => {
  it('name weeks after ISO 8601, months, and days', () => {
    expect(keys({ start: '2000-12-25', end: '2001-01-15', size: 'week' })).toEqual(['2000-W52', '2001-W01', '2001-W02']);
    expect(keys({ start: '2001-01-01', end: '2001-03-01', size: 'month' })).toEqual(['2001-01', '2001-02']);
    expect(keys({ start: '2001-01-01', end: '2001-01-11', size: { days: 7 } })).toEqual(['2001-01-01', '2001-01-08']);
  });
});

describe('a range is refused, with the reason,', () => {
  const good: PartitionRange = { start: '2001-01-01', end: '2001-02-01', size: 'day' };
  it.each([
    ['when it is empty', { end: '2001-01-01' }, /is empty/],
    ['when its end is before its start', { end: '2000-01-01' }, /is empty/],
    ['when a date does not exist', { start: '2001-02-30' }, /'2001-02-30' is no start/],
    ['when it is no date', { end: 'tomorrow' }, /'tomorrow' is no end/],
    ['when a time does not exist', { start: '2001-01-01T25:00Z' }, /is no start/],
    ['when the zone is unknown', { zone: 'Mars/Phobos' }, /no time zone/],
    ['when the size is unknown', { size: 'year' as 'day' }, /"year" is no size/],
    ['when the size is no number of days', { size: { days: 0 } }, /is no size/],
    ['when a day is cut', { start: '2001-01-01T05' }, /not where a day begins/],
    ['when an hour is cut', { start: '2001-01-01T05:30', size: 'hour' as const }, /not at a full hour/],
    ['when a week is cut', { size: 'week' as const, end: '2001-01-30' }, /not a Monday/],
    ['when a month is cut', { size: 'month' as const, start: '2001-01-02' }, /not the first day of a month/],
    ['when it has ten million partitions', { start: '1900-01-01', end: '3040-01-01', size: 'hour' as const }, /9,99\d,\d{3} partitions; 1,000,000 are allowed/],
  ])('%s', (_, change, message) => {
    expect(() => partitions({ ...good, ...change })).toThrow(ValidationError);
    expect(() => partitions({ ...good, ...change })).toThrow(message);
  });
});
