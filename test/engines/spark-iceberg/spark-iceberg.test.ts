import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import compactRun from '../../../activities/compact/run.js';
import { compactIcebergTable } from '../../../activities/compact/steps.js';
import { outsideId } from '../../../activities/outside/outside-id.js';
import qualityRun from '../../../activities/quality/run.js';
import { checks, validateQuality } from '../../../activities/quality/steps.js';
import { runStep } from '../../../activities/run-step.fixture.js';
import { SchemaConflictError } from '../../../sdk/index.js';
import { IceHouse } from '../iceberg/ice-house.js';
import { type RestCatalog, startRestCatalog } from '../nessie.js';
import { driversOf, Jobs, newCall, runJob } from '../spark/ground.js';
import { type SparkCluster, startSpark } from '../spark.js';
import { startTrino, type TrinoServer } from '../trino.js';
import { lakeSettings } from './lake.js';

// A job with an executor takes 15 seconds and more, and several servers share two cores.
vi.setConfig({ testTimeout: 300_000 });

let rest: RestCatalog;
let trino: TrinoServer;
let spark: SparkCluster;
let house: IceHouse;
let conf: Record<string, string>;

beforeAll(async () => {
  rest = await startRestCatalog();
  trino = await startTrino({ rest: rest.settings });
  spark = await startSpark();
  house = new IceHouse(trino, 'rest');
  conf = await lakeSettings(rest);
});
afterAll(async () => {
  await spark?.stop();
  await trino?.stop();
  await rest?.stop();
});

/** Runs jobs/sales.py, whose words are a verb, a table and what more it takes. */
function sales(jobs: Jobs, [verb, table, ...more]: [string, string, ...string[]], changes: Parameters<typeof newCall>[1] = {}) {
  const context = newCall({ spark: { kind: 'spark', rest: spark.rest, ui: spark.ui }, shared: { kind: 'files', folder: jobs.folder } }, changes);
  const job = { on: { as: 'standalone' as const, connection: 'spark' }, application: join(import.meta.dirname, 'jobs/sales.py') };
  const run = runJob({ ...job, args: [verb, `lake.${table}`, ...more], conf, result: { connection: 'shared' } }, context);
  return { context, run };
}

const [first, second] = ['2001-07-01', '2001-07-02'];
const about = (table: string, what: string) => table.replace(/\w+$/, (name) => `"${name}$${what}"`);
const rowsOf = (table: string) => house.query(`SELECT * FROM ${table} ORDER BY day, id`);
const snapshotsOf = (table: string) => house.query(`SELECT CAST(snapshot_id AS varchar) AS id FROM ${about(table, 'snapshots')}`);
const filesOf = (table: string) => house.query(`SELECT content, count(*) AS files FROM ${about(table, 'files')} GROUP BY content ORDER BY content`);

/** The sale of a number that the job writes, as the `sql` step gives it. */
const sale = (day: string, amount: string, number: 1 | 2 | 3 | 4) => ({
  day,
  id: `900719925474099${2 + number}`,
  amount,
  sold_at: '2001-07-04T12:30:00.123456Z',
  local_time: '2001-07-04T23:59:59.999999',
  note: number === 1 ? null : number === 2 ? '' : 'é "😀"; --',
  tags: number === 2 ? null : ['a', null, `b${number}`],
  is_first: number === 1,
});
const sold = (day: string, amount: string) => ([1, 2, 3] as const).map((number) => sale(day, amount, number));

test('what Spark writes, Trino reads row by row; the same call again is submitted once and writes nothing', async () => {
  const jobs = new Jobs();
  const { table } = house.fresh();
  const once = sales(jobs, ['replace', table, '5.50', first]);
  expect(await once.run).toMatchObject({ rows: 3 });
  expect(await rowsOf(table)).toEqual(sold(first, '5.50'));
  const snapshots = await snapshotsOf(table);
  const again = sales(jobs, ['replace', table, '5.50', first], { key: once.context.key, attempt: 2 });
  expect(await again.run).toEqual(await once.run);
  expect(await driversOf(spark, outsideId(once.context.key, 1))).toEqual(['FINISHED']);
  expect(await snapshotsOf(table)).toEqual(snapshots);
  const quality = { table: { connection: 'lake', table }, checks: [checks.rowCount({ min: 3, max: 3 }), checks.unique(['day', 'id']), checks.notNull('note')] };
  const report = await runStep(qualityRun, validateQuality, quality, house.context());
  expect(report).toMatchObject({ rows: 3, checks: [{ passed: true }, { passed: true }, { passed: false, failedRows: 1 }] });
});

test('a job that fails after its commit and is run again leaves each row once, and other days as they were', async () => {
  const jobs = new Jobs();
  const { table } = house.fresh();
  const permit = join(jobs.folder, 'permit');
  await sales(jobs, ['replace', table, '1', first, second]).run;
  const stumbles = sales(jobs, ['stumble', table, permit, '3', first]);
  await expect(stumbles.run).rejects.toMatchObject({ code: 'work_failed', message: expect.stringContaining('the sea is rough') });
  const expected = [...sold(first, '3.00'), ...sold(second, '1.00')];
  expect(await rowsOf(table)).toEqual(expected);
  writeFileSync(permit, '');
  const again = sales(jobs, ['stumble', table, permit, '3', first], { key: stumbles.context.key, attempt: 2 });
  expect(await again.run).toMatchObject({ rows: 3, engine: { id: expect.stringMatching(/-2$/) } });
  expect(await rowsOf(table)).toEqual(expected);
});

test("a MERGE of Spark's, whose deletes lie beside the data, is what Trino reads and compacts", async () => {
  const jobs = new Jobs();
  const into = house.fresh();
  await sales(jobs, ['replace', into.table, '1', first, second]).run;
  await sales(jobs, ['merge', into.table, '2', first]).run;
  const merged = [sale(first, '1.00', 1), sale(first, '2.00', 3), sale(first, '2.00', 4), ...sold(second, '1.00')];
  expect(await rowsOf(into.table)).toEqual(merged);
  expect((await filesOf(into.table)).map(({ content }) => content)).toEqual([0, 1]);
  const compacted = await runStep(compactRun, compactIcebergTable, { table: into, keepSnapshots: 0 }, house.context());
  expect(compacted).toMatchObject({ files: { after: 2 } });
  expect(await filesOf(into.table)).toEqual([{ content: 0, files: 2 }]);
  expect(await rowsOf(into.table)).toEqual(merged);
});

test('Trino loads into the table that Spark made', async () => {
  const jobs = new Jobs();
  const into = house.fresh();
  await sales(jobs, ['replace', into.table, '1', first, second]).run;
  const columns = 'day, id, CAST(amount + 8 AS decimal(12, 2)) AS amount, sold_at, local_time, note, tags, is_first';
  const from = await house.rows(`SELECT ${columns} FROM ${into.table} WHERE day = DATE '${first}'`);
  const load = { load: 'sales', from, into, mode: 'overwrite_partition' as const, partitionBy: 'day', partition: first };
  expect(await house.iceberg(load)).toMatchObject({ rows: 3, inserted: 3, deleted: 3 });
  expect(await rowsOf(into.table)).toEqual([...sold(first, '9.00'), ...sold(second, '1.00')]);
});

test('rows that do not fit a table that Trino made are a conflict of schemas', async () => {
  const { table } = house.fresh();
  await house.query('CREATE SCHEMA IF NOT EXISTS lake');
  await house.query(`CREATE TABLE ${table} (day date, id bigint)`);
  await expect(sales(new Jobs(), ['misfit', table]).run).rejects.toThrow(SchemaConflictError);
  expect(await rowsOf(table)).toEqual([]);
});
