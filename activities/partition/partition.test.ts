import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import '../../test/servers/provided.js';
import { ValidationError } from '../../sdk/index.js';
import { partitions } from '../../sdk/node/index.js';
import { freshLake, Warehouse } from '../load/lake.fixture.js';
import { runStep } from '../run-step.fixture.js';
import { leastPartitions } from './partition.js';
import { rowsIn } from './result-rows.js';
import run from './run.js';
import { listPartitions, processPartition } from './steps.js';

const range = { start: '2001-01-01', end: '2002-01-01', size: 'day' };
const day = { index: 4, key: '2001-01-05', start: '2001-01-05T00:00:00.000Z', end: '2001-01-06T00:00:00.000Z' };
const folder = freshLake();
const warehouse = new Warehouse({
  lake: { kind: 'duckdb', folder },
  ...(inject('postgresUrl') === undefined ? {} : { base: { kind: 'postgres', url: inject('postgresUrl') ?? '' } }),
});

it('what a range has at least is never more than it has, in any zone', () => {
  const first = Date.parse('1990-01-01');
  const date = (days: number) => new Date(first + days * 86_400_000).toISOString().slice(0, 10);
  const months = (count: number) => new Date(Date.UTC(1990, count, 1)).toISOString().slice(0, 10);
  const zone = fc.constantFrom('UTC', 'Pacific/Kiritimati', 'America/Sao_Paulo', 'Europe/Berlin');
  const dates = fc.record({
    size: fc.constantFrom('hour' as const, 'day' as const),
    start: fc.nat(9_000).map(date),
    end: fc.integer({ min: 9_001, max: 20_000 }).map(date),
    zone,
  });
  const whole = fc.record({ size: fc.constant('month' as const), start: fc.nat(300).map(months), end: fc.integer({ min: 301, max: 700 }).map(months), zone });
  fc.assert(fc.property(fc.oneof(dates, whole), (it) => leastPartitions(it) <= partitions(it).total));
  expect(leastPartitions({ start: '1900-01-01', end: '3040-01-01', size: 'hour' })).toBeGreaterThan(9_900_000);
  expect(leastPartitions({ start: 'now', end: 'then', size: 'hour' })).toBe(0);
});

describe('list_partitions', () => {
  it('gives a page of partitions, and how many there are', async () => {
    expect(await runStep(run, listPartitions, { ...range, from: 4, limit: 1 }, warehouse.context())).toEqual({ total: 365, partitions: [day] });
  });

  it('gives the partitions that are asked for', async () => {
    const { partitions } = (await runStep(run, listPartitions, { ...range, at: [364, 4] }, warehouse.context())) as { partitions: { key: string }[] };
    expect(partitions.map(({ key }) => key)).toEqual(['2001-12-31', '2001-01-05']);
  });

  it('refuses a range that is not made of whole partitions', async () => {
    await expect(runStep(run, listPartitions, { ...range, size: 'week' }, warehouse.context())).rejects.toThrow(ValidationError);
  });
});

describe.each(['lake', ...(inject('postgresUrl') === undefined ? [] : ['base'])])('process_partition on %s', (on) => {
  const done = (statement: string, commitKey = 'backfill-1-2001-01-05') =>
    runStep(
      run,
      processPartition,
      { partition: day, commitKey, query: { on, statement, into: { connection: on, table: 'partition_daily' }, partitionBy: 'day' } },
      warehouse.context(),
    );
  const rows = () => warehouse.query('SELECT day, n FROM partition_daily ORDER BY n', on);

  it('replaces the partition by the rows of its query', async () => {
    await warehouse.load({
      load: 'old',
      mode: 'append',
      partitionBy: 'day',
      partition: day.key,
      from: await warehouse.rows("SELECT '2001-01-05' AS day, 1 AS n", on),
      into: { connection: on, table: 'partition_daily' },
    });
    expect(await done('SELECT $key AS day, n FROM (SELECT 2 AS n UNION ALL SELECT 3 AS n) AS numbers')).toMatchObject({ rows: 2 });
    expect(await rows()).toEqual([
      { day: '2001-01-05', n: 2 },
      { day: '2001-01-05', n: 3 },
    ]);
  });

  it('does it once under its key, also in another run of the backfill', async () => {
    expect(await done('SELECT $key AS day, 9 AS n')).toMatchObject({ rows: 2 });
    expect(await rows()).toHaveLength(2);
  });

  it('binds start and end', async () => {
    await done('SELECT $key AS day, CAST(EXTRACT(epoch FROM CAST($end AS timestamp) - CAST($start AS timestamp)) AS integer) AS n', 'backfill-2-2001-01-05');
    expect(await rows()).toEqual([{ day: '2001-01-05', n: 86_400 }]);
  });
});

it('finds the rows that a result tells', () => {
  expect([rowsIn({ rows: 3 }), rowsIn({ rowsProcessed: 4 }), rowsIn({ totalRows: 5 }), rowsIn({ rows: 'many' }), rowsIn(undefined), rowsIn([1])]).toEqual([
    3, 4, 5, 0, 0, 0,
  ]);
});
