import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { closeEngines } from '../../../activities/engines/open-engine.js';
import migrationRun from '../../../activities/migration/run.js';
import { applyMigration, createBackup, restoreBackup, validateMigration } from '../../../activities/migration/steps.js';
import { runStep } from '../../../activities/run-step.fixture.js';
import { stepContext } from '../../../activities/step-context.fixture.js';
import type { AnyStep } from '../../../sdk/authoring/step.js';
import { until } from '../../faults/until.js';
import { askTrino } from '../ask-trino.js';
import { type FlakyFront, startFlakyFront } from '../flaky-front.js';
import { Gate } from '../postgres-gate.js';
import { startTrino, type TrinoServer } from '../trino.js';
import { AttemptProcess } from './attempts.js';
import { CommitLock } from './commit-lock.js';
import { day, IceHouse } from './ice-house.js';
import { LostAnswers } from './lost-answers.js';

// Trino shares two cores with what asks it.
vi.setConfig({ testTimeout: 180_000 });

let trino: TrinoServer;
let house: IceHouse;
let front: FlakyFront;

beforeAll(async () => {
  trino = await startTrino();
  house = new IceHouse(trino);
  front = await startFlakyFront(trino.url);
  await house.ask('CREATE SCHEMA IF NOT EXISTS iceberg.lake');
});
afterAll(async () => {
  await closeEngines();
  await trino?.stop();
});

/** The same connections, by way of the front. */
const throughFront = () => ({ ...house.connections, lake: { kind: 'trino' as const, url: front.url, user: 'headrace', catalog: 'iceberg', schema: 'lake' } });

/** A table of three rows with the amount 1, and the steps of a migration of it. */
async function migrated() {
  const { table } = house.fresh();
  await house.ask(`CREATE TABLE ${table} WITH (partitioning = ARRAY['day']) AS ${day('2001-07-01', 1)}`);
  const changes = (step: AnyStep) => ({ runId: table, key: `${table}/${step.id}` });
  const call = (step: AnyStep, more: object = {}) => runStep(migrationRun, step, { connection: 'lake', table, ...more }, house.context(changes(step)));
  const content = () => house.query(`SELECT * FROM ${table} ORDER BY 1, 2`);
  return { table, changes, call, content };
}

/** Begins to apply statements in a process that dies once `dies` has come. */
async function killed({ table, changes }: Awaited<ReturnType<typeof migrated>>, statements: string[], dies: () => boolean | Promise<boolean>) {
  const attempt = new AttemptProcess(throughFront());
  onTestFinished(() => attempt.signal('SIGKILL'));
  await attempt.begin({ step: 'apply_migration', input: { connection: 'lake', table, statements }, changes: changes(applyMigration) });
  await until(dies, (came) => came, { limit: 90_000 });
  attempt.signal('SIGKILL');
  expect(await attempt.ended()).toBeUndefined();
  front.loses = () => false;
}

/** The states of the statements that begin so, as Trino has them, in the order of time. */
const listed = (words: string) =>
  askTrino(trino.url, `SELECT query_id, state FROM system.runtime.queries WHERE strpos(query, '${words}') = 1 ORDER BY created`).then(
    ({ rows }) => rows as [string, string][],
  );

test('a migration is checked, backed up by a snapshot, applied once, and restored with rows and columns', async () => {
  const { table, call, content } = await migrated();
  const before = await content();
  const plan = {
    statements: [`ALTER TABLE ${table} ADD COLUMN twice integer`, `UPDATE ${table} SET twice = amount * 2`, `ALTER TABLE ${table} DROP COLUMN note`],
  };
  expect(await call(validateMigration, plan)).toMatchObject({ passed: true, problems: [], rows: 3 });
  expect(await call(validateMigration, { statements: [`UPDATE ${table} SET nope = 1`] })).toMatchObject({ passed: false });
  expect(await call(validateMigration, { statements: [`DROP TABLE ${table}`] })).toMatchObject({ passed: false });
  const backup = await call(createBackup);
  expect(backup).toMatchObject({ rows: 3, snapshot: expect.stringMatching(/^\d{15,}$/), checksum: expect.stringMatching(/^3:/) });
  expect(await call(applyMigration, plan)).toMatchObject({ statements: 3, rows: 3 });
  expect(await call(applyMigration, plan)).toMatchObject({ statements: 3, rows: 3 });
  expect(await call(createBackup)).toEqual(backup);
  expect((await content())[0]).toEqual({ day: '2001-07-01', id: 1, amount: 1, twice: 2 });
  expect(await call(restoreBackup)).toMatchObject({ restored: true, verified: true, rows: 3 });
  expect(await content()).toEqual(before);
  await house.ask(`DELETE FROM ${table} WHERE id = 1`);
  expect(await call(restoreBackup)).toMatchObject({ restored: true, rows: 3 });
  expect(await content()).toEqual(before);
  expect((await house.ask<[string]>(`SHOW CREATE TABLE ${table}`))[0]?.[0]).toContain("partitioning = ARRAY['day']");
});

test('a validation plans each statement: what it reads and writes; nothing of it is done', async () => {
  const { table, call, content } = await migrated();
  const { table: rates } = await migrated();
  const before = await content();
  await house.ask(`CREATE VIEW ${rates}_seen AS SELECT * FROM ${rates}`);
  const statements = [
    `UPDATE ${table} SET amount = 2 WHERE id > 1`,
    `MERGE INTO ${table} t USING ${rates}_seen r ON t.id = r.id WHEN MATCHED THEN UPDATE SET amount = r.amount`,
    `ALTER TABLE ${table} ADD COLUMN twice integer`,
    `DELETE FROM ${table} WHERE day = DATE '2001-07-01'`,
    `CREATE TABLE ${table}_gone AS SELECT * FROM ${table}`,
    `INSERT INTO ${table}_gone SELECT * FROM ${table}`,
    `CREATE OR REPLACE TABLE ${table} AS SELECT * FROM ${table} WHERE id > 2`,
  ];
  const [whole, other] = [`iceberg.${table}`, `iceberg.${rates}`];
  const reads = [{ table: whole, rows: 3 }];
  expect(await call(validateMigration, { statements })).toMatchObject({
    passed: true,
    problems: [],
    plan: [
      { statement: 1, reads, writes: whole },
      { statement: 2, reads: expect.arrayContaining([...reads, { table: other, rows: 3 }]), writes: whole },
      { statement: 4, reads: [] },
      { statement: 5, reads, writes: `${whole}_gone` },
      { statement: 7, reads, writes: whole },
    ],
  });
  expect(await content()).toEqual(before);
  expect(await house.ask(`SHOW TABLES FROM iceberg.lake LIKE '${table.slice('lake.'.length)}%'`)).toHaveLength(1);
});

test('a statement that a restore would not bring back is refused', async () => {
  const { table, call } = await migrated();
  const { table: other } = await migrated();
  const told = async (statement: string) => {
    const { passed, problems } = (await call(validateMigration, { statements: [`COMMENT ON TABLE ${table} IS 'x'`, statement] })) as {
      passed: boolean;
      problems: string[];
    };
    return [passed, ...problems];
  };
  for (const statement of [
    `INSERT INTO ${other} SELECT * FROM ${table}`,
    `UPDATE ${other} SET amount = 2`,
    `-- all of it\nDELETE FROM ${other}`,
    `TRUNCATE TABLE ${other}`,
    `ALTER TABLE ${other} ADD COLUMN twice integer`,
    `CREATE OR REPLACE TABLE ${other} AS SELECT * FROM ${table}`,
    `MERGE INTO iceberg.${other} t USING ${table} s ON t.id = s.id WHEN MATCHED THEN DELETE`,
  ])
    expect(await told(statement)).toEqual([false, expect.stringMatching(/of which the migration has no backup/)]);
  // What an earlier statement is to make is not there yet, so that this one cannot be planned.
  const statements = [`CREATE TABLE ${table}_made AS SELECT * FROM ${table}`, `CREATE OR REPLACE TABLE ${other} AS SELECT * FROM ${table}_made`];
  expect(await call(validateMigration, { statements })).toMatchObject({ passed: false, problems: [expect.stringMatching(/has no backup/)] });
  expect(await told(`/* away */ DROP TABLE ${table}`)).toEqual([false, expect.stringMatching(/takes the snapshots away with the table/)]);
  expect(await told(`ALTER TABLE ${table} RENAME TO ${table}_old`)).toEqual([false, expect.stringMatching(/under another name/)]);
  expect(await told(`ALTER TABLE ${table} RENAME COLUMN note TO notes`)).toEqual([true]);
});

test('a restore of a table that has its columns still is a rollback: the backup is the current snapshot again', async () => {
  const { table, call, content } = await migrated();
  const before = await content();
  const { snapshot } = (await call(createBackup)) as { snapshot: string };
  const current = async () => (await house.ask(`SELECT CAST(snapshot_id AS varchar) FROM ${about(table, 'refs')} WHERE name = 'main'`))[0]?.[0];
  await call(applyMigration, { statements: [`DELETE FROM ${table} WHERE id = 1`] });
  expect(await content()).toHaveLength(2);
  expect(await current()).not.toBe(snapshot);
  expect(await call(restoreBackup)).toMatchObject({ restored: true, verified: true, rows: 3 });
  expect(await current()).toBe(snapshot);
  expect(await content()).toEqual(before);
});

const amounts = (content: Record<string, unknown>[]) => content.map(({ amount }) => amount);
const about = (table: string, what: string) => `${table.replace('.', '."')}$${what}"`;

test('an UPDATE whose answer is lost after its commit is applied once', async () => {
  const migration = await migrated();
  const statement = `UPDATE ${migration.table} SET amount = amount + 1`;
  const lost = LostAnswers.of(front, 'UPDATE', 'done');
  const context = stepContext(throughFront(), migration.changes(applyMigration));
  const applied = await runStep(migrationRun, applyMigration, { connection: 'lake', table: migration.table, statements: [statement] }, context);
  front.loses = () => false;
  expect(lost.happened).toBe(true);
  expect(applied).toMatchObject({ statements: 1, rows: 3 });
  expect(amounts(await migration.content())).toEqual([2, 2, 2]);
  expect(await listed(statement)).toHaveLength(1);
});

test.each(['sent', 'accepted', 'done'] as const)('an UPDATE whose worker is killed when it is %s is applied once', async (moment) => {
  const migration = await migrated();
  const statements = [`UPDATE ${migration.table} SET amount = amount + 1`, `UPDATE ${migration.table} SET amount = amount * 10`];
  const lost = LostAnswers.of(front, 'UPDATE', moment);
  await killed(migration, statements, () => lost.happened);
  expect(await migration.call(applyMigration, { statements })).toMatchObject({ statements: 2 });
  expect(amounts(await migration.content())).toEqual([20, 20, 20]);
});

test.each(['accepted', 'done'] as const)('a change of columns whose worker is killed when it is %s is applied once', async (moment) => {
  const migration = await migrated();
  const statements = [`ALTER TABLE ${migration.table} ADD COLUMN twice integer`, `UPDATE ${migration.table} SET twice = amount * 2`];
  const lost = LostAnswers.of(front, 'ALTER', moment);
  await killed(migration, statements, () => lost.happened);
  expect(await migration.call(applyMigration, { statements })).toMatchObject({ statements: 2 });
  expect((await migration.content()).map(({ twice }) => twice)).toEqual([2, 2, 2]);
});

test('an UPDATE that a killed worker has left running is ended before it is begun again', async () => {
  const migration = await migrated();
  const gate = await Gate.close(trino.postgres.url);
  onTestFinished(() => gate.open().catch(() => undefined));
  const statement = `UPDATE ${migration.table} SET amount = amount + (SELECT n FROM postgresql.public.gate)`;
  const runs = async () => (await listed(statement)).some(([, state]) => state === 'RUNNING');
  await killed(migration, [statement], runs);
  const again = migration.call(applyMigration, { statements: [statement] });
  again.catch(() => undefined);
  await until(
    () => listed(statement),
    (found) => found.map(([, state]) => state).join() === 'FAILED,RUNNING',
    { limit: 90_000 },
  );
  await gate.open();
  expect(await again).toMatchObject({ statements: 1 });
  expect(amounts(await migration.content())).toEqual([2, 2, 2]);
});

test('a restore ends what a killed worker has left running, so that it cannot change the restored table', async () => {
  const migration = await migrated();
  await migration.call(createBackup);
  const gate = await Gate.close(trino.postgres.url);
  onTestFinished(() => gate.open().catch(() => undefined));
  const statement = `UPDATE ${migration.table} SET amount = amount - (SELECT n FROM postgresql.public.gate)`;
  const runs = async () => (await listed(statement)).some(([, state]) => state === 'RUNNING');
  await killed(migration, [statement], runs);
  expect(await migration.call(restoreBackup)).toMatchObject({ verified: true, rows: 3 });
  expect(await listed(statement)).toMatchObject([[expect.any(String), 'FAILED']]);
  await gate.open();
  expect(amounts(await migration.content())).toEqual([1, 1, 1]);
});

test('a restore whose worker is killed in the middle of its rollback is ended by the next attempt, which brings the rows back', async () => {
  const { table, changes, call, content } = await migrated();
  const before = await content();
  await call(createBackup);
  await house.ask(`UPDATE ${table} SET amount = 9`);
  const lock = await CommitLock.take(trino.postgres.url, table);
  onTestFinished(() => lock.open().catch(() => undefined));
  const attempt = new AttemptProcess(house.connections);
  onTestFinished(() => attempt.signal('SIGKILL'));
  await attempt.begin({ step: 'restore_backup', input: { connection: 'lake', table }, changes: changes(restoreBackup) });
  await lock.met();
  attempt.signal('SIGKILL');
  expect(await attempt.ended()).toBeUndefined();
  expect(amounts(await content())).toEqual([9, 9, 9]);
  const again = runStep(migrationRun, restoreBackup, { connection: 'lake', table }, house.context({ ...changes(restoreBackup), attempt: 2 }));
  again.catch(() => undefined);
  await until(
    () => listed(`ALTER TABLE "iceberg"."lake"."${table.split('.')[1]}" EXECUTE rollback_to_snapshot`),
    ([first]) => first?.[1] === 'FAILED',
    { limit: 90_000 },
  );
  await lock.open();
  expect(await again).toMatchObject({ verified: true, rows: 3 });
  expect(await content()).toEqual(before);
});

test('a statement of which nothing proves whether it was applied is not run again, and the refusal says what to look at', async () => {
  const migration = await migrated();
  const { table: other } = await migrated();
  const statements = [`INSERT INTO ${other} SELECT * FROM ${migration.table}`];
  const lost = LostAnswers.of(front, 'INSERT INTO lake.t', 'done');
  await killed(migration, statements, () => lost.happened);
  await expect(migration.call(applyMigration, { statements })).rejects.toMatchObject({
    name: 'Refused',
    code: 'outcome_unknown',
    message: expect.stringContaining(String(lost.queries[0])),
    fix: expect.stringContaining('restore'),
  });
  expect(await house.query(`SELECT count(*) AS n FROM ${other}`)).toEqual([{ n: 6 }]);
});
