/**
 * No position is below the time, in milliseconds, at which it is given: a registry that is restored from a backup gives none a second time, so that
 * who saw one that is lost is sent all that comes after it. Whoever enters events holds the outbox's lock, so that no two move the sequence at once.
 */
export const positionsByTime = {
  number: 8,
  name: 'positions-by-time',
  sql: `
alter table outbox alter column position drop identity;

create sequence outbox_place owned by outbox.position;

select setval('outbox_place', greatest((extract(epoch from now()) * 1000)::bigint, (select coalesce(max(position), 0) from outbox)));

alter table outbox alter column position
  set default setval('outbox_place', greatest(nextval('outbox_place'), (extract(epoch from clock_timestamp()) * 1000)::bigint));
`,
};
