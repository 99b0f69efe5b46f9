import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { recordManyRuns } from './many-runs.fixture.js';
import { type RegistryPlace, registryPlace } from './registry.fixture.js';
import type { Registry } from './registry.js';
import { listQuery, type RecordedFilter } from './run-list.js';

const many = 60_000;

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
    await recordManyRuns(registry.database, many);
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
