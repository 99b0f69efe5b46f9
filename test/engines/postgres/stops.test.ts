import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyMigration, createBackup, restoreBackup } from '../../../activities/migration/steps.js';
import { checks } from '../../../sdk/authoring/quality.js';
import { World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world?.close());

const long = { timeout: 120_000 };
const many = 1_000_000;
// In the list, and not in FROM, where the server would put all of them into a file first.
const endless = 'SELECT count(*) AS n FROM (SELECT generate_series(1, 1000000000000) AS n) AS endless';

/** Tells an attempt to stop where `inTheMiddle` says, and waits until the server has stopped too. */
async function stopped(reason: string, attempt: (changes: object) => Promise<unknown>, inTheMiddle: () => Promise<unknown>): Promise<void> {
  const stopping = new AbortController();
  const running = attempt({ signal: stopping.signal });
  running.catch(() => undefined);
  const reached = Promise.race([inTheMiddle(), running.then(() => Promise.reject(new Error('it ended before')))]);
  // Also where it was not reached: what still runs would be in the next test's way.
  await reached.finally(() => stopping.abort(new Error(reason)));
  await expect(running).rejects.toThrow(reason);
  await world.idle();
}

describe.each(['CANCELLED', 'TIMED_OUT', 'WORKER_SHUTDOWN'])('%s', (reason) => {
  test('ends an extraction on the server, and nothing of it is kept', long, async () => {
    const statement = 'SELECT id, md5(id::text) AS filling FROM (SELECT generate_series(1, 1000000000) AS id) AS endless';
    await stopped(
      reason,
      (changes) => world.extract({ on: 'pg', statement }, { into: 'pg' }, changes),
      () => world.running('CREATE TABLE'),
    );
    await stopped(
      reason,
      (changes) => world.extract({ on: 'pg', statement }, {}, changes),
      () => world.running('CREATE TEMP TABLE'),
    );
    expect(await world.staged()).toEqual([]);
  });

  test('ends the checks of a table', long, async () => {
    const table = world.freshTable();
    await world.ask(`CREATE VIEW ${table} AS SELECT id FROM (SELECT generate_series(1, 1000000000000) AS id) AS endless`);
    await stopped(
      reason,
      (changes) => world.quality(table, [checks.notNull('id')], 'pg', changes),
      () => world.running('FETCH'),
    );
  });

  test('in the COPY of a load and in its transaction: nothing is seen, and nothing stays staged', long, async () => {
    const table = await world.gatedTable();
    const load = { load: table, from: await world.numbers(many), into: { connection: 'pg', table }, mode: 'append' as const };
    await world.gate();
    const attempt = (changes: object) => world.load(load, changes);
    await stopped(reason, attempt, () => world.copying());
    expect(await world.staged()).toEqual([]);
    await stopped(reason, attempt, () => world.running('INSERT INTO "public"'));
    expect(await world.staged()).toEqual([]);
    expect(await world.rowsOf(table)).toEqual([]);
    expect(await world.ask(`SELECT key FROM headrace_ledger.loads WHERE key LIKE '%${table}'`)).toEqual([]);
  });

  test('in a migration: nothing is applied', long, async () => {
    const table = world.freshTable();
    await world.ask(`CREATE TABLE ${table} AS SELECT 1 AS changes`);
    const statements = [`UPDATE ${table} SET changes = changes + 1`, endless];
    await stopped(
      reason,
      (changes) => world.migrate(applyMigration, table, { statements }, changes),
      () => world.running('generate_series'),
    );
    expect(await world.ask(`SELECT changes FROM ${table}`)).toEqual([{ changes: 1 }]);
  });

  test('in a backup and in a restore: there is no half of either', long, async () => {
    const table = world.freshTable();
    await world.ask(`CREATE TABLE ${table} AS SELECT id, 'whole' AS filling FROM generate_series(1, 500000) AS id`);
    const runId = `${reason} ${table}`;
    const within = (step: typeof createBackup | typeof restoreBackup) => (changes: object) => world.migrate(step, table, {}, { ...changes, runId });
    const backups = () => world.ask("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'backup\\_%'");
    const before = await backups();
    await stopped(reason, within(createBackup), () => world.running('INSERT INTO headrace_ledger.backup_'));
    expect(await backups()).toEqual(before);
    await within(createBackup)({});
    await world.ask(`UPDATE ${table} SET filling = 'changed'`);
    await stopped(reason, within(restoreBackup), () => world.running('INSERT INTO "public"'));
    expect(await world.ask(`SELECT DISTINCT filling FROM ${table}`)).toEqual([{ filling: 'changed' }]);
    expect(await within(restoreBackup)({})).toMatchObject({ restored: true, rows: 500_000 });
  });
});

describe('a step whose time is over, with nobody left to stop it', () => {
  const over = { name: 'HeadraceError', code: 'work_failed', message: expect.stringContaining('statement timeout') as string };
  const limited = { timeLimit: 1_000 };

  test.each([
    ['a statement', () => world.sql(endless, {}, limited)],
    [
      'a query that is extracted',
      () => world.extract({ on: 'pg', statement: 'SELECT id FROM (SELECT generate_series(1, 1000000000) AS id) AS endless' }, {}, limited),
    ],
    ['a migration', () => world.migrate(applyMigration, 'public.none', { statements: [endless] }, limited)],
  ])('%s is ended by the server', long, async (_, attempt) => {
    await expect(attempt()).rejects.toMatchObject(over);
    await world.idle(1_000);
  });

  test('the COPY of a load and its transaction are ended by the server', long, async () => {
    const table = await world.gatedTable();
    await world.gate();
    const load = { load: table, from: await world.numbers(1_000), into: { connection: 'pg', table }, mode: 'append' as const };
    await expect(world.load(load, limited)).rejects.toMatchObject(over);
    expect(await world.rowsOf(table)).toEqual([]);
    expect(await world.staged()).toEqual([]);
    const large = { ...load, load: 'large', from: await world.numbers(3 * many) };
    await expect(world.load(large, { timeLimit: 300 })).rejects.toMatchObject(over);
    expect(await world.staged()).toEqual([]);
  });

  test("a statement has the connection's limit where that is shorter", long, async () => {
    world.connect('hasty', { ...world.as('headrace'), statementTimeout: 500 });
    await expect(world.sql(endless, { on: 'hasty' })).rejects.toMatchObject(over);
  });
});
