import { tzOffset } from '@date-fns/tz';
import { parseExact } from '../../outside/parse-exact.js';

/** A value as Trino sends it, JSON-safe in the house's form: numbers where they are exact, decimals as strings, dates and times in ISO form. */
export function toJson(value: unknown, type: string): unknown {
  if (typeof value !== 'string') return value;
  if (type.startsWith('timestamp')) return type.endsWith('with time zone') ? zoned(value) : isoTime(value);
  return type === 'json' ? parseExact(value) : value;
}

/** `2001-07-01 00:00:00.120000` is `2001-07-01T00:00:00.12`. */
function isoTime(text: string): string {
  return text
    .replace(' ', 'T')
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}

/** The moment in UTC: JSON has no form for the name of a zone. */
function zoned(text: string): string {
  const [, day = '', time = '', fraction = '', zone = ''] = /^(\S+) (\d\d:\d\d:\d\d)(\.\d+)? (.+)$/.exec(text) ?? [];
  const wall = Date.parse(`${day}T${time}Z`);
  if (Number.isNaN(wall)) return text;
  const moment = new Date(wall - offsetAt(wall, zone) * 60_000).toISOString().slice(0, 19);
  return `${isoTime(`${moment}${fraction}`)}Z`;
}

/** Minutes that a zone is ahead of UTC when its clocks show this. */
function offsetAt(wall: number, zone: string): number {
  if (zone === 'UTC') return 0;
  const guess = tzOffset(zone, new Date(wall));
  return tzOffset(zone, new Date(wall - guess * 60_000));
}
