import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Registry } from './open-registry.js';
import { type RegistryPlace, registryPlace } from './registry.fixture.js';
import { listQuery, type RecordedFilter } from './run-list.js';

const many = 60_000;

/** Skewed as real ones are: one large pipeline, few failures, fewer that wait, coordinators with many children. */
const fill = sql`
  insert into pipeline_execution (pipeline_id, workflow_id, run_id, tenant, "trigger", status, partition_key, start_date, parent_id)
  select
    case when n % 2 = 0 then 1 else 1 + (n::bigint * 7919) % 200 end, 'w' || n, 'r' || n, case when n % 11 = 0 then 'other' else 'default' end,
    case when n % 3 = 0 then 'schedule' when n % 97 = 0 then 'temporal' when n % 5 = 0 then 'parent' else 'client' end,
    case when n % 50 = 0 then 'FAILED' when n % 5000 = 1 then 'WAITING_FOR_APPROVAL' when n % 700 = 0 then 'CANCELLED' else 'SUCCEEDED' end,
    case when n % 4 = 0 then '2024-' || lpad((1 + n % 12)::text, 2, '0') end,
    timestamptz '2024-01-01' + n * interval '30 seconds', case when n > 100 and n % 5 = 0 and n % 3 <> 0 then 1 + n % 7 end
  from generate_series(1, ${sql.lit(many)}) n`;

const filters: Partial<RecordedFilter>[] = [
  { pipeline: 'p1' },
  { status: 'FAILED' },
  { partition: '2024-05' },
  { trigger: 'parent' },
  { parent: 'w3' },
  { startedAfter: '2024-01-03T00:00:00Z', startedBefore: '2024-01-20T00:00:00Z' },
];
const combinations = Array.from(
  { length: 2 ** filters.length },
  (_, bits) => Object.assign({}, ...filters.filter((__, index) => bits & (1 << index))) as Partial<RecordedFilter>,
);

interface Plan {
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
}

describe.skipIf(inject('postgresUrl') === undefined)('lists of many runs', () => {
  let place: RegistryPlace;
  let registry: Registry;

  beforeAll(async () => {
    place = (await registryPlace('postgres', inject('postgresUrl'))) as RegistryPlace;
    registry = await place.open();
    const { database } = registry;
    await sql`insert into pipeline_type (name) values ('pipeline')`.execute(database);
    await sql`insert into pipeline (name, pipeline_type_id) select 'p' || n, 1 from generate_series(1, 201) n`.execute(database);
    await fill.execute(database);
    await sql`vacuum analyze pipeline_execution`.execute(database);
  });

  afterAll(async () => {
    await registry.close();
    await place.remove();
  });

  async function blocks(database: Registry['database'], filter: Partial<RecordedFilter>): Promise<number> {
    const query = await listQuery(database, { tenant: 'default', ...filter }, 51);
    const [row] = (await query?.explain('json', sql`analyze, buffers`)) ?? [];
    const [{ Plan: plan }] = (row as { 'QUERY PLAN': [{ Plan: Plan }] })['QUERY PLAN'];
    return plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  }

  // A walk over the whole table reads 1,500 of them.
  test.each([...combinations, { status: 'WAITING_FOR_APPROVAL' as const }, { trigger: 'temporal', status: 'FAILED' as const }, { pipeline: 'p201' }])(
    'read few blocks for %j',
    async (filter) => {
      for (const database of [registry.database, registry.readAs('default')]) expect(await blocks(database, filter)).toBeLessThan(700);
    },
  );
});
