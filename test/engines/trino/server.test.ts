import { afterAll, beforeAll, expect, test } from 'vitest';
import { askTrino } from '../ask-trino.js';
import { startTrino, type TrinoServer } from '../trino.js';

let trino: TrinoServer;
beforeAll(async () => {
  trino = await startTrino();
});
afterAll(() => trino?.stop());

test('each catalog of the server can be used, and who may not read a table is refused', async () => {
  const ask = (statement: string, user?: string) => askTrino(trino.url, statement, user);
  for (const catalog of ['memory', 'iceberg', 'postgresql']) {
    await ask(`CREATE SCHEMA ${catalog}.works`);
    await ask(`CREATE TABLE ${catalog}.works.region AS SELECT * FROM tpch.tiny.region`);
    expect((await ask(`SELECT count(*) FROM ${catalog}.works.region`)).rows).toEqual([[5]]);
  }
  await expect(ask('SELECT count(*) FROM tpch.tiny.customer', trino.visitor)).rejects.toThrow('PERMISSION_DENIED');
  await expect(ask('DROP TABLE memory.works.region', trino.visitor)).rejects.toThrow('PERMISSION_DENIED');
  await trino.halt();
  await trino.resume();
  expect((await ask('SELECT count(*) FROM iceberg.works.region')).rows).toEqual([[5]]);
}, 240_000);
