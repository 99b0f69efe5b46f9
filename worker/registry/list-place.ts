import { type RawBuilder, sql } from 'kysely';

/** Where a page of a list ended: the list is in the order of a time and, within one moment, of a number. */
export interface ListPlace {
  /** ISO 8601 with microseconds, which JavaScript's dates do not have. */
  at: string;
  id: number;
}

/** A time as a place has it. */
export function exactly(column: string): RawBuilder<string> {
  return sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

/** Whether a row follows a place, in a list whose latest are first or last. */
export function follows(time: string, id: string, order: 'after' | 'before', place: ListPlace): RawBuilder<boolean> {
  return sql<boolean>`(${sql.ref(time)}, ${sql.ref(id)}) ${sql.raw(order === 'after' ? '>' : '<')} (${place.at}::timestamptz, ${place.id}::bigint)`;
}
