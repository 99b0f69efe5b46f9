import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Load } from '../../../activities/load/steps.js';
import { applyMigration, createBackup, restoreBackup, validateMigration, validatePostMigration } from '../../../activities/migration/steps.js';
import { checks } from '../../../sdk/authoring/quality.js';
import { PermissionDeniedError } from '../../../sdk/index.js';
import { tryConnection } from '../../../worker/host/try-connection.js';
import { doctorSays } from '../doctor.js';
import { World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await World.open(['visitor', 'loader', 'keeper']);
  await world.ask('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
  await world.ask('CREATE SCHEMA shop');
  await world.ask('CREATE SCHEMA hidden');
  await world.ask('CREATE TABLE hidden.things (id bigint)');
  await world.ask('CREATE TABLE shop.orders (day date, id bigint, word text, filling text)');
  await world.ask('CREATE SEQUENCE shop.numbers');
  await world.ask('GRANT USAGE ON SCHEMA shop TO visitor, loader, keeper');
});
afterAll(() => world?.close());

const table = 'shop.orders';
const load = async (connection: string, into = table): Promise<Load> => ({
  load: `${connection} ${into} ${Math.random()}`,
  from: await world.numbers(10),
  into: { connection, table: into },
  mode: 'append',
});
const change = { connection: 'visitor', statements: [`ALTER TABLE ${table} ADD COLUMN late boolean`] };

describe('what a role may not do is refused with the right that it lacks:', () => {
  test.each<[string, RegExp, () => Promise<unknown>]>([
    ['to read a table', /GRANT SELECT ON shop\.orders TO visitor/, () => world.sql(`SELECT * FROM ${table}`, { on: 'visitor' })],
    ['to write into one', /GRANT INSERT ON shop\.orders TO visitor/, () => world.sql(`INSERT INTO ${table} (id) VALUES (1)`, { on: 'visitor' })],
    ['to change rows', /GRANT (SELECT, )?UPDATE ON shop\.orders TO visitor/, () => world.sql(`UPDATE ${table} SET id = 1`, { on: 'visitor' })],
    ['to delete rows', /GRANT DELETE ON shop\.orders TO visitor/, () => world.sql(`DELETE FROM ${table}`, { on: 'visitor' })],
    ['to count', /Give the connection's role USAGE on the sequence numbers/, () => world.sql("SELECT nextval('shop.numbers')", { on: 'visitor' })],
    ['to see a schema', /GRANT USAGE ON SCHEMA hidden TO visitor/, () => world.sql('SELECT * FROM hidden.things', { on: 'visitor' })],
    ['to make a table', /GRANT CREATE ON SCHEMA shop TO visitor/, () => world.sql('CREATE TABLE shop.mine (id int)', { on: 'visitor' })],
    ["to drop another's", /the role that owns the table orders/, () => world.sql(`DROP TABLE ${table}`, { on: 'visitor' })],
    ['to keep rows', /GRANT CREATE ON DATABASE headrace TO visitor/, () => world.sql('SELECT 1 AS n', { on: 'visitor', into: 'kept' })],
    ['to extract a table', /GRANT SELECT ON shop\.orders TO visitor/, () => world.extract({ table: { connection: 'visitor', table } })],
    ['to extract a query', /GRANT SELECT ON shop\.orders TO visitor/, () => world.extract({ on: 'visitor', statement: `SELECT id FROM ${table}` })],
    ['to check a table', /GRANT SELECT ON shop\.orders TO visitor/, () => world.quality(table, [checks.notNull('id')], 'visitor')],
    ['to load', /GRANT CREATE ON DATABASE headrace TO visitor/, async () => world.load(await load('visitor'))],
    ['to validate a migration', /GRANT SELECT ON shop\.orders TO visitor/, () => world.migrate(validateMigration, table, change)],
    ['to back up', /GRANT CREATE ON DATABASE headrace TO visitor/, () => world.migrate(createBackup, table, change)],
    ['to apply a migration', /GRANT CREATE ON DATABASE headrace TO visitor/, () => world.migrate(applyMigration, table, change)],
    ['to restore', /GRANT CREATE ON DATABASE headrace TO visitor/, () => world.migrate(restoreBackup, table, change)],
    ['to check after it', /GRANT SELECT ON shop\.orders TO visitor/, () => world.migrate(validatePostMigration, table, change)],
  ])('%s', async (_, fix, attempt) => {
    const refused = await attempt().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(PermissionDeniedError);
    expect((refused as PermissionDeniedError).fix).toMatch(fix);
    expect(await world.ask('SELECT nspname FROM pg_namespace WHERE nspname LIKE $$headrace%$$')).toEqual([]);
  });
});

describe('the least rights suffice', () => {
  beforeAll(async () => {
    await world.ask('CREATE SCHEMA headrace_ledger AUTHORIZATION loader');
    await world.ask('CREATE SCHEMA headrace_tmp AUTHORIZATION loader');
  });

  test('to load: those on the table, of which one that lacks is named, and a schema for the ledger', async () => {
    for (const [lacks, granted] of [
      ['UPDATE', 'INSERT, SELECT'],
      ['DELETE', 'UPDATE'],
    ]) {
      await world.ask(`GRANT ${granted} ON ${table} TO loader`);
      const mode = { mode: 'overwrite_partition', partitionBy: 'day', partition: '2001-07-01' } as const;
      const refused = world.load({ ...(await load('loader')), ...mode });
      await expect(refused).rejects.toMatchObject({ name: 'PermissionDeniedError', fix: expect.stringContaining(lacks as string) as string });
      expect(await world.staged()).toEqual([]);
    }
    await world.ask(`GRANT DELETE ON ${table} TO loader`);
    const loaded = await load('loader');
    for (const mode of [
      { mode: 'append' } as const,
      { mode: 'merge' as const, keys: ['id'] },
      { mode: 'overwrite_partition', partitionBy: 'day', partition: '2001-07-01' } as const,
    ]) {
      const one: Load = { ...loaded, ...mode, load: mode.mode };
      expect(await world.load(one, { runId: mode.mode })).toMatchObject({ rows: 10 });
      await world.house.undo(one, { runId: mode.mode });
      expect(await world.rowsOf(table)).toEqual([]);
    }
  });

  test('to make the table that is loaded: CREATE on its schema', async () => {
    const first = world.load(await load('loader', 'shop.made'));
    await expect(first).rejects.toMatchObject({
      name: 'PermissionDeniedError',
      fix: expect.stringContaining('GRANT CREATE ON SCHEMA shop TO loader') as string,
    });
    await world.ask('GRANT CREATE ON SCHEMA shop TO loader');
    expect(await world.load(await load('loader', 'shop.made'))).toMatchObject({ rows: 10 });
  });

  test('to keep rows and to extract into it: a schema for tables of runs', async () => {
    expect(await world.sql('SELECT 1 AS n', { on: 'loader', into: 'kept' })).toMatchObject({ rowCount: 1 });
    expect(await world.extract({ table: { connection: 'lake', table: (await world.numbers(10)).table } }, { into: 'loader' })).toMatchObject({ rows: 10 });
  });

  test('to migrate: to own the table, CREATE on its schema, and the ledger', async () => {
    await world.ask('GRANT USAGE, CREATE ON SCHEMA headrace_ledger, shop TO keeper');
    await world.ask('CREATE TABLE shop.kept AS SELECT id FROM generate_series(1, 10) AS id');
    await world.ask('ALTER TABLE shop.kept OWNER TO keeper');
    const migration = { connection: 'keeper', statements: ['ALTER TABLE shop.kept ADD COLUMN late boolean'] };
    const call = (step: Parameters<World['migrate']>[0]) => world.migrate(step, 'shop.kept', migration, { runId: 'keeper' });
    expect(await call(validateMigration)).toMatchObject({ passed: true });
    expect(await call(createBackup)).toMatchObject({ rows: 10 });
    expect(await call(applyMigration)).toMatchObject({ rows: 10 });
    expect(await call(restoreBackup)).toMatchObject({ restored: true, verified: true });
  });

  test('to load beside another role, whose remains are left to it', async () => {
    await world.ask('CREATE TABLE headrace_ledger.stage_of_another (id int)');
    expect(await world.load(await load('loader'))).toMatchObject({ rows: 10 });
    expect(await world.staged()).toEqual(['stage_of_another']);
    await world.load(await load('pg'));
    expect(await world.staged()).toEqual([]);
  });
});

test('who is not let in is told so, by steps and by doctor', async () => {
  const as = (role: string) => ({ ...world.as(role), pool: 1, statementTimeout: 0 });
  world.connect('stranger', as('stranger'));
  const refused = { name: 'PermissionDeniedError', fix: expect.stringContaining("Correct the connection's user or password") as string };
  await expect(world.sql('SELECT 1', { on: 'stranger' })).rejects.toMatchObject(refused);
  await expect(tryConnection(as('stranger'), 'stranger')).rejects.toMatchObject(refused);
  expect(await doctorSays({ stranger: world.as('stranger') })).toEqual({
    stranger: expect.stringMatching(/^✗ .*\n fix: Correct the connection's user or password/),
  });
  expect(await tryConnection(as('loader'), 'loader')).toMatch(/may keep rows, load and migrate$/);
  expect(await tryConnection(as('visitor'), 'visitor')).toMatch(/CREATE is missing on the schemas headrace_ledger, headrace_tmp$/);
  await world.ask('REVOKE CONNECT ON DATABASE headrace FROM PUBLIC');
  await expect(tryConnection(as('visitor'), 'visitor')).rejects.toMatchObject({
    name: 'PermissionDeniedError',
    message: expect.stringContaining('CONNECT') as string,
  });
});
