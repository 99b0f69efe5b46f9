import { sql } from 'kysely';
import { expect, inject, test } from 'vitest';
import { until } from '../../sdk/node/fixtures/workshop.fixture.js';
import { type RegistryPlace, registryPlace } from './registry.fixture.js';

const url = inject('postgresUrl');

test.skipIf(url === undefined)('a PostgreSQL that goes away within a transaction fails the transaction, and nothing else', async () => {
  const place = (await registryPlace('postgres', url)) as RegistryPlace;
  const { database, close } = await place.open();
  const within = database.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(transaction);
    const pid = rows[0]?.pid as number;
    await sql`select pg_terminate_backend(${pid})`.execute(database);
    const gone = async () => (await sql`select from pg_stat_activity where pid = ${pid}`.execute(database)).rows.length === 0;
    await until(gone, (it) => it);
    await sql`select 1`.execute(transaction);
  });
  await expect(within).rejects.toThrow();
  expect((await sql<{ one: number }>`select 1 as one`.execute(database)).rows).toEqual([{ one: 1 }]);
  await close();
  await place.remove();
});
