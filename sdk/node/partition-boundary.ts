import { TZDate } from '@date-fns/tz';
import { ValidationError } from '../authoring/errors.js';

const form = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:\.0+)?)?)?(Z|[+-]\d\d:\d\d)?)?$/;
const hour = 3_600_000;

/** Milliseconds since the epoch. */
export type Instant = number;

/**
 * The instant at which a range begins or ends.
 *
 * @param text a local date, `2001-01-01`, a local hour, `2001-01-01T05`, or an instant with its offset, `2001-01-01T05:00Z`
 * @throws ValidationError when it is none, or when the zone's clock shows that hour never or twice
 */
export function readBoundary(text: string, zone: string, where: string): Instant {
  const [, year, month, day, hours, minutes = '00', seconds = '00', offset] = form.exec(text) ?? [];
  if (year === undefined || !isDate(`${year}-${month}-${day}`)) throw unreadable(text, where);
  if (hours === undefined) return +new TZDate(Number(year), Number(month) - 1, Number(day), zone);
  const clock = `${year}-${month}-${day}T${hours}:${minutes}:${seconds}`;
  const instant = offset === undefined ? atLocalTime(clock, zone, where) : Date.parse(clock + offset);
  if (Number.isNaN(instant)) throw unreadable(text, where);
  return instant;
}

function isDate(text: string): boolean {
  const parsed = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(+parsed) && parsed.toISOString().startsWith(text) && parsed.getUTCFullYear() >= 1900;
}

function atLocalTime(clock: string, zone: string, where: string): Instant {
  const [year = 0, month = 1, day = 1, hours = 0, minutes = 0, seconds = 0] = clock.split(/\D/).map(Number);
  const instant = +new TZDate(year, month - 1, day, hours, minutes, seconds, zone);
  if (showClock(instant, zone) !== clock) throw clockChange(clock, zone, where, 'never');
  if (occursTwice(instant, zone)) throw clockChange(clock, zone, where, 'twice');
  return instant;
}

/** What a clock of the zone shows: `2001-01-01T05:00:00`. */
export function showClock(instant: Instant, zone: string): string {
  return new TZDate(instant, zone).toISOString().slice(0, 19);
}

/** The zone's offset from UTC: `+02:00`. */
export function showOffset(instant: Instant, zone: string): string {
  return new TZDate(instant, zone).toISOString().slice(-6);
}

/** Whether the zone's clock shows the same time an hour before or after. */
export function occursTwice(instant: Instant, zone: string): boolean {
  const clock = showClock(instant, zone);
  return [instant - hour, instant + hour].some((other) => showClock(other, zone) === clock);
}

function unreadable(text: string, where: string): ValidationError {
  return new ValidationError(`'${text}' is no ${where} of a range.`, {
    where,
    fix: "Write a date ('2001-01-01'), an hour ('2001-01-01T05') or an instant with its offset ('2001-01-01T05:00Z'), from the year 1900 on.",
  });
}

function clockChange(clock: string, zone: string, where: string, how: 'never' | 'twice'): ValidationError {
  return new ValidationError(`The clocks of ${zone} show ${clock} ${how}, because they change.`, {
    where,
    fix: `Write it with its offset: '${clock}Z' in UTC.`,
  });
}
