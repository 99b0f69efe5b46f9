/**
 * Positions of events go on from the time, in milliseconds: in a registry that is made anew they are beyond all of the one before, so that who
 * resumes a stream there is sent what it now holds, and not nothing.
 */
export const laterPositions = {
  number: 7,
  name: 'later-positions',
  sql: `
select setval(pg_get_serial_sequence('outbox', 'position'), greatest((extract(epoch from now()) * 1000)::bigint, (select coalesce(max(position), 0) from outbox)));
`,
};
