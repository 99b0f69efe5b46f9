import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { type CheckInput, checks } from '../../sdk/authoring/quality.js';
import type { AnyStep } from '../../sdk/authoring/step.js';
import { Warehouse } from '../load/lake.fixture.js';
import { runStep } from '../run-step.fixture.js';
import run from './run.js';
import { applyMigration, createBackup, restoreBackup, validateMigration, validatePostMigration } from './steps.js';

const postgresUrl = inject('postgresUrl');
const house = new Warehouse({
  file: { kind: 'duckdb', file: join(mkdtempSync(join(tmpdir(), 'headrace-migration-')), 'warehouse.duckdb') },
  ...(postgresUrl === undefined ? {} : { postgres: { kind: 'postgres' as const, url: postgresUrl } }),
});

let tables = 0;

async function fresh(on: string, definition: string, ...statements: string[]) {
  const table = `flights_${process.pid}_${++tables}`;
  await house.query(`CREATE TABLE ${table} (${definition})`, on);
  for (const statement of statements) await house.query(statement.replaceAll('$t', table), on);
  const call = (step: AnyStep, more: object = {}) =>
    runStep(run, step, { connection: on, table, ...more }, house.context({ runId: table, key: `${table}/${step.id}` })) as Promise<Record<string, unknown>>;
  return { table, call, content: () => house.query(`SELECT * FROM ${table} ORDER BY 1`, on) };
}

describe.each(['file', ...(postgresUrl === undefined ? [] : ['postgres'])])('on %s', (on) => {
  const rows = "INSERT INTO $t VALUES (1, 'a'), (2, ''), (3, NULL)";
  const migration = (table: string, ...statements: string[]) => ({ statements: statements.map((text) => text.replaceAll('$t', table)) });

  test('a migration is validated without leaving a trace, backed up, applied once and checked', async () => {
    const { table, call, content } = await fresh(on, 'id INTEGER PRIMARY KEY, note TEXT', rows);
    const before = await content();
    const plan = {
      ...migration(table, 'ALTER TABLE $t ADD COLUMN twice INTEGER', 'UPDATE $t SET twice = id * 2'),
      checksAfter: [checks.notNull('twice')] as CheckInput[],
    };
    expect(await call(validateMigration, plan)).toMatchObject({ passed: true, problems: [], rows: 3 });
    expect(await content()).toEqual(before);
    const backup = await call(createBackup);
    expect(backup).toMatchObject({ rows: 3, checksum: expect.stringMatching(/^3:/) });
    expect(await call(createBackup)).toMatchObject({ backup: backup.backup, checksum: backup.checksum });
    expect(await call(applyMigration, plan)).toMatchObject({ statements: 2, rows: 3 });
    expect(await call(applyMigration, plan)).toMatchObject({ statements: 2, rows: 3 });
    expect(await call(validatePostMigration, plan)).toMatchObject({ passed: true });
    expect((await content())[1]).toEqual({ id: 2, note: '', twice: 4 });
  });

  test('a restore brings rows and definition back, is verified, and may be repeated', async () => {
    const { table, call, content } = await fresh(on, "id INTEGER PRIMARY KEY, note TEXT DEFAULT '-'", rows);
    const before = await content();
    await call(createBackup);
    await call(applyMigration, migration(table, 'ALTER TABLE $t DROP COLUMN note', 'DELETE FROM $t WHERE id = 1'));
    expect(await call(restoreBackup)).toMatchObject({ restored: true, verified: true, rows: 3 });
    expect(await content()).toEqual(before);
    expect(await call(restoreBackup)).toMatchObject({ restored: false, verified: true, rows: 3 });
    await expect(house.query(`INSERT INTO ${table} (id) VALUES (2)`, on)).rejects.toMatchObject({ name: 'ValidationError' });
    await house.query(`INSERT INTO ${table} (id) VALUES (4)`, on);
    expect((await content())[3]).toEqual({ id: 4, note: '-' });
  });

  test('a table that the migration dropped is restored too', async () => {
    const { table, call, content } = await fresh(on, 'id INTEGER, note TEXT', rows, 'CREATE INDEX $t_note ON $t (note)');
    const before = await content();
    await call(createBackup);
    await call(applyMigration, migration(table, 'DROP TABLE $t'));
    await call(restoreBackup);
    expect(await content()).toEqual(before);
  });

  test('a statement that fails leaves nothing of those before it', async () => {
    const { table, call, content } = await fresh(on, 'id INTEGER, note TEXT', rows);
    const before = await content();
    const plan = migration(table, 'DELETE FROM $t', 'ALTER TABLE $t DROP COLUMN nothing');
    expect(await call(validateMigration, plan)).toMatchObject({ passed: false, problems: [expect.stringContaining('nothing')] });
    await call(createBackup);
    await expect(call(applyMigration, plan)).rejects.toMatchObject({ name: 'ValidationError' });
    expect(await content()).toEqual(before);
    expect(await call(restoreBackup)).toMatchObject({ restored: false, verified: true });
  });

  test('checks that fail before or after are an answer', async () => {
    const { table, call } = await fresh(on, 'id INTEGER, note TEXT', rows);
    const plan = { ...migration(table, 'UPDATE $t SET id = id'), checksBefore: [checks.notNull('note')], checksAfter: [checks.rowCount({ min: 4 })] };
    expect(await call(validateMigration, plan)).toMatchObject({ passed: false, problems: [expect.stringContaining('not_null(note)')] });
    expect(await call(validatePostMigration, plan)).toMatchObject({ passed: false, quality: { score: 0 } });
  });

  test('without a backup a restore does nothing', async () => {
    const { call } = await fresh(on, 'id INTEGER, note TEXT', rows);
    expect(await call(restoreBackup)).toMatchObject({ restored: false, rows: 3 });
  });
});

test.runIf(postgresUrl !== undefined)('on PostgreSQL a restore brings back keys, indexes, references, triggers, sequences, grants and comments', async () => {
  const on = 'postgres';
  const { table, call, content } = await fresh(
    on,
    "id serial PRIMARY KEY, n integer GENERATED ALWAYS AS IDENTITY, twice integer GENERATED ALWAYS AS (n * 2) STORED, note varchar(20) NOT NULL DEFAULT '-' CHECK (note <> 'no')",
  );
  await house.query(`INSERT INTO ${table} (note) SELECT 'x' || i FROM generate_series(1, 5) AS i`, on);
  for (const statement of [
    `CREATE INDEX ${table}_note ON ${table} (lower(note)) WHERE id > 1`,
    `CREATE TABLE ${table}_child (id integer REFERENCES ${table} (id) ON DELETE CASCADE)`,
    `INSERT INTO ${table}_child VALUES (3)`,
    `COMMENT ON TABLE ${table} IS 'it''s a table'`,
    `GRANT SELECT ON ${table} TO PUBLIC`,
    `CREATE FUNCTION ${table}_touch() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RETURN NEW; END $f$`,
    `CREATE TRIGGER touch BEFORE UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION ${table}_touch()`,
  ])
    await house.query(statement, on);
  const before = await content();
  await call(createBackup);
  await call(applyMigration, {
    statements: [
      `ALTER TABLE ${table} DROP COLUMN note`,
      `UPDATE ${table} SET id = id + 100 WHERE id = 1`,
      `DROP TRIGGER touch ON ${table}`,
      `REVOKE ALL ON ${table} FROM PUBLIC`,
    ],
  });
  expect(await call(restoreBackup)).toMatchObject({ restored: true, verified: true, rows: 5 });
  expect(await content()).toEqual(before);
  expect(await house.query(`SELECT * FROM ${table}_child`, on)).toEqual([{ id: 3 }]);
  await house.query(`INSERT INTO ${table} (note) VALUES ('new')`, on);
  expect((await content())[5]).toEqual({ id: 6, n: 6, twice: 12, note: 'new' });
  await expect(house.query(`INSERT INTO ${table}_child VALUES (99)`, on)).rejects.toMatchObject({ name: 'ValidationError' });
});

test.runIf(postgresUrl !== undefined)('a table on which a view depends is not migrated, since it could not be brought back', async () => {
  const { table, call } = await fresh('postgres', 'id INTEGER');
  await house.query(`CREATE VIEW ${table}_view AS SELECT * FROM ${table}`, 'postgres');
  expect(await call(validateMigration, { statements: [`ALTER TABLE ${table} ADD COLUMN x INTEGER`] })).toMatchObject({
    passed: false,
    problems: [expect.stringContaining(`${table}_view depends on it`)],
  });
});
