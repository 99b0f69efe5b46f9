import * as z from 'zod';

// Drivers read the years before as others, or not at all.
const earliest = Date.parse('0100-01-01T00:00:00Z');
const latest = Date.parse('9999-12-31T23:59:59.999Z');

/** A moment in a query: a day, which begins in UTC, or a time with its zone. In the years that databases and their drivers know. */
export const Moment = z.union([z.iso.datetime({ offset: true }), z.iso.date()]).transform((text) => knownDate(text).toISOString());

/** The moment of a text, or the nearest one in those years. */
export function knownDate(text: string): Date {
  return new Date(Math.min(Math.max(Date.parse(text), earliest), latest));
}
