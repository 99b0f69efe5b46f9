import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Load } from '../../../activities/load/steps.js';
import { applyMigration, createBackup, restoreBackup } from '../../../activities/migration/steps.js';
import { checks } from '../../../sdk/authoring/quality.js';
import { until } from '../../faults/until.js';
import { SilentCommit } from './silent-commit.js';
import { World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world?.close());

const long = { timeout: 120_000 };
const away = { name: 'HeadraceError', code: 'unreachable' };
const many = 1_000_000;

/** Kills the server while an attempt of a step is where `inTheMiddle` says, and gives what a second attempt gives. */
async function acrossARestart<Output>(attempt: (changes: object) => Promise<Output>, inTheMiddle: () => Promise<unknown>): Promise<Output> {
  const key = `restart-${Math.random()}`;
  const first = attempt({ key, runId: key });
  first.catch(() => undefined);
  await Promise.race([inTheMiddle(), first.then(() => Promise.reject(new Error('it ended before')))]);
  await world.server.halt();
  await expect(first).rejects.toMatchObject(away);
  await expect(attempt({ key, runId: key, attempt: 2 })).rejects.toMatchObject(away);
  await world.server.resume();
  return attempt({ key, runId: key, attempt: 3 });
}

describe('a server that is killed and comes back', () => {
  test('in the middle of a statement: the next attempt keeps its rows once', long, async () => {
    const gate = await world.gate();
    const statement = 'SELECT id FROM generate_series(1, 1000) AS id CROSS JOIN gate';
    const kept = await acrossARestart(
      (changes) => world.sql(statement, { into: 'kept' }, changes),
      () => world.running('CREATE TABLE "headrace_tmp"'),
    );
    await gate.open().catch(() => undefined);
    expect(kept).toMatchObject({ rowCount: 1_000 });
    expect(await world.staged()).toEqual([]);
  });

  test('in the middle of an extraction: the next attempt takes each row once', long, async () => {
    const statement = 'SELECT id, md5(id::text) AS filling FROM generate_series(1, 3000000) AS id';
    const { rows, table } = await acrossARestart(
      (changes) => world.extract({ on: 'pg', statement }, {}, changes),
      () => world.running('COPY'),
    );
    expect(rows).toBe(3_000_000);
    expect(await world.house.query(`SELECT count(DISTINCT id) AS ids FROM ${table.table}`)).toEqual([{ ids: 3_000_000 }]);
  });

  test('in the middle of checks: the next attempt gives them', long, async () => {
    const gate = await world.gate();
    const table = world.freshTable();
    await world.ask(`CREATE VIEW ${table} AS SELECT id FROM generate_series(1, 10) AS id CROSS JOIN gate`);
    const report = await acrossARestart(
      (changes) => world.quality(table, [checks.unique('id')], 'pg', changes),
      () => world.running('FETCH'),
    );
    await gate.open().catch(() => undefined);
    expect(report).toMatchObject({ passed: true, rows: 10 });
  });

  const modes: [string, (load: Pick<Load, 'load' | 'from' | 'into'>) => Load][] = [
    ['append', (load) => ({ ...load, mode: 'append' })],
    ['merge', (load) => ({ ...load, mode: 'merge', keys: ['id'] })],
    ['overwrite_partition', (load) => ({ ...load, mode: 'overwrite_partition', partitionBy: 'day', partition: '2001-07-01' })],
  ];

  test.each(modes)('in the middle of the COPY of a load (%s): the next attempt publishes each row once, and clears what was staged', long, async (_, make) => {
    const table = world.freshTable();
    const load = make({ load: table, from: await world.numbers(many), into: { connection: 'pg', table } });
    const loaded = await acrossARestart(
      (changes) => world.load(load, changes),
      () => world.copying(),
    );
    expect(loaded).toMatchObject({ rows: many, inserted: many });
    expect(await world.rowsOf(table)).toEqual([{ word: 'first', rows: many, different: many }]);
    expect(await world.staged()).toEqual([]);
  });

  test.each(modes)(
    'while the transaction of a load (%s) is open with its rows in it: they were never seen, and the next attempt publishes them once',
    long,
    async (_, make) => {
      const table = await world.gatedTable();
      const before = await world.numbers(1_000, 'before');
      await world.gate().then((gate) => gate.open());
      await world.load({ load: table, from: before, into: { connection: 'pg', table }, mode: 'append' });
      const gate = await world.gate();
      const load = make({ load: table, from: await world.numbers(many), into: { connection: 'pg', table } });
      const loaded = await acrossARestart(
        (changes) => world.load(load, changes),
        async () => {
          await until(
            () => world.ask("SELECT 1 FROM pg_stat_activity WHERE application_name = 'headrace' AND wait_event_type = 'Lock' AND query LIKE 'INSERT INTO%'"),
            (found) => found.length > 0,
          );
          expect(await world.rowsOf(table)).toEqual([{ word: 'before', rows: 1_000, different: 1_000 }]);
        },
      );
      await gate.open().catch(() => undefined);
      expect(loaded).toMatchObject({ rows: many });
      const kept = load.mode === 'append' ? [{ word: 'before', rows: 1_000, different: 1_000 }] : [];
      expect(await world.rowsOf(table)).toEqual([...kept, { word: 'first', rows: many, different: many }]);
      expect(await world.staged()).toEqual([]);
    },
  );

  test('in the middle of a backup and of a restore: the next attempt makes it whole', long, async () => {
    const table = world.freshTable();
    await world.ask(`CREATE TABLE ${table} AS SELECT id, md5(id::text) AS filling FROM generate_series(1, 500000) AS id`);
    const runId = 'backup-run';
    const within = (step: typeof createBackup | typeof restoreBackup) => (changes: object) => world.migrate(step, table, {}, { ...changes, runId });
    const backup = await acrossARestart(within(createBackup), () => world.running('INSERT INTO headrace_ledger.backup_'));
    expect(backup).toMatchObject({ rows: 500_000 });
    await world.ask(`UPDATE ${table} SET filling = 'lost'`);
    const restored = await acrossARestart(within(restoreBackup), () => world.running(`INSERT INTO "public"`));
    expect(restored).toMatchObject({ restored: true, verified: true, rows: 500_000 });
  });

  test('in the middle of a migration: the same attempt waits for it, and applies the statements once', long, async () => {
    const table = world.freshTable();
    await world.ask(`CREATE TABLE ${table} AS SELECT 1 AS changes`);
    await world.gate();
    const statements = [`ALTER TABLE ${table} ADD COLUMN late integer`, `UPDATE ${table} SET changes = changes + 1`, 'SELECT n FROM gate'];
    const applying = world.migrate(applyMigration, table, { statements });
    applying.catch(() => undefined);
    await world.running('SELECT n FROM gate');
    await world.server.halt();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await world.server.resume();
    expect(await applying).toMatchObject({ statements: 3, rows: 1 });
    expect(await world.ask(`SELECT changes, late FROM ${table}`)).toEqual([{ changes: 2, late: null }]);
  });
});

describe('a COMMIT whose answer is lost', () => {
  async function silently() {
    const way = await SilentCommit.to(world.server.url);
    world.connect('silent', { kind: 'postgres', url: way.url });
    return way;
  }

  test('of a load: the next attempt finds what was published', long, async () => {
    const way = await silently();
    const table = world.freshTable();
    const load = { load: table, from: await world.numbers(1_000), into: { connection: 'silent', table }, mode: 'append' as const };
    await world.load({ ...load, load: 'another' });
    way.arm();
    await expect(world.load(load)).rejects.toMatchObject(away);
    expect(await world.load(load)).toMatchObject({ rows: 1_000, inserted: 1_000 });
    expect([way.lost, await world.rowsOf(table)]).toEqual([1, [{ word: 'first', rows: 2_000, different: 1_000 }]]);
    expect(await world.staged()).toEqual([]);
  });

  test('of a migration: the same attempt finds that it was applied', long, async () => {
    const way = await silently();
    const table = world.freshTable();
    await world.ask(`CREATE TABLE ${table} AS SELECT 1 AS changes`);
    await world.migrate(createBackup, table, { connection: 'silent' }, { runId: table });
    way.arm();
    const statements = [`UPDATE ${table} SET changes = changes + 1`];
    expect(await world.migrate(applyMigration, table, { connection: 'silent', statements })).toMatchObject({ statements: 1, rows: 1 });
    expect([way.lost, await world.ask(`SELECT changes FROM ${table}`)]).toEqual([1, [{ changes: 2 }]]);
  });
});
