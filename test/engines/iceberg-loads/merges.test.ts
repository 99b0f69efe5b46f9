import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { TableRef } from '../../../sdk/index.js';
import { IceHouse } from '../iceberg/ice-house.js';
import { startTrino, type TrinoServer } from '../trino.js';

// Trino shares two cores with what asks it.
vi.setConfig({ testTimeout: 300_000 });

let trino: TrinoServer;
let house: IceHouse;

beforeAll(async () => {
  trino = await startTrino();
  house = new IceHouse(trino);
  await house.ask('CREATE SCHEMA IF NOT EXISTS iceberg.lake');
});
afterAll(() => trino?.stop());

/** The same table by a connection of another name: loads of one connection take turns in their process, those of two know nothing of each other, as two workers do. */
const by = (connection: string, { table }: TableRef): TableRef => ({ connection, table });

/** A merge of these keys for a region. */
async function merge(into: TableRef, region: string, more: object) {
  const from = by(into.connection, house.fresh());
  await house.ask(`CREATE VIEW ${from.table} AS SELECT n AS id, '${region}' AS region, '${into.connection}' AS loader FROM UNNEST(sequence(1, 500)) t(n)`);
  return { load: 'keys', from, into, mode: 'merge' as const, keys: ['id'], ...more };
}

test.each([
  ['without partitions', {}, ['north', 'north']],
  ['in the same partition', { partitionBy: 'region' }, ['north', 'north']],
  ['in partitions that differ', { partitionBy: 'region' }, ['north', 'south']],
])('merges at once that bring the same new keys %s leave each key once', async (_, more, [one = '', other = '']) => {
  const into = house.fresh();
  const first = await merge(by('lake', into), one, more);
  await house.iceberg({ ...first, load: 'first', from: await house.rows("SELECT BIGINT '0' AS id, 'x' AS region, 'x' AS loader") });
  const loads = await Promise.all([merge(by('lake', into), one, more), merge(by('other', into), other, more)]);
  const loaded = await Promise.all(loads.map((load, index) => house.iceberg(load, { runId: `${index}` })));
  expect(await house.ask(`SELECT count(*), count(DISTINCT id) FROM ${into.table}`)).toEqual([[501, 501]]);
  expect(loaded.map(({ inserted, updated }) => [inserted, updated]).sort()).toEqual([
    [0, 500],
    [500, 0],
  ]);
});
