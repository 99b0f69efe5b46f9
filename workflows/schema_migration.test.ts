import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandleWithFirstExecutionRunId as Handle } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Warehouse } from '../activities/load/lake.fixture.js';
import migrationRun from '../activities/migration/run.js';
import { startWorker, type TestWorker } from './worker.fixture.js';

const postgresUrl = inject('postgresUrl');
const folder = mkdtempSync(join(tmpdir(), 'headrace-schema-migration-'));
const connections = {
  file: { kind: 'duckdb' as const, file: join(folder, 'warehouse.duckdb') },
  ...(postgresUrl === undefined ? {} : { postgres: { kind: 'postgres' as const, url: postgresUrl } }),
};
const house = new Warehouse(connections);
let worker: TestWorker;
let tables = 0;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  worker = await startWorker(fileURLToPath(new URL('./schema_migration.ts', import.meta.url)), [migrationRun], connections);
});
afterAll(async () => {
  await worker?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const stepsOf = async (handle: Handle) =>
  (await handle.fetchHistory()).events?.flatMap((event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
const stateOf = async (handle: Handle) => (await handle.describe()).typedSearchAttributes.get({ name: 'HeadraceState', type: 'KEYWORD' });
const failure = (handle: Handle) =>
  handle.result().then(
    () => 'it did not fail',
    (error: Error) => (error.cause as Error).message,
  );

describe.each(['file', ...(postgresUrl === undefined ? [] : ['postgres'])])('a schema migration on %s', (on) => {
  async function migrate(more: (table: string) => Record<string, unknown>) {
    const table = `flights_workflow_${process.pid}_${++tables}`;
    await house.query(`CREATE TABLE ${table} (id INTEGER PRIMARY KEY, delay INTEGER)`, on);
    await house.query(`INSERT INTO ${table} VALUES (1, 10), (2, 20), (3, NULL)`, on);
    const content = () => house.query(`SELECT * FROM ${table} ORDER BY id`, on);
    const handle = await worker.start('schema_migration', { connection: on, table, ...more(table) });
    return { handle, table, content, before: await content() };
  }
  const late = (table: string) => [`ALTER TABLE ${table} ADD COLUMN late BOOLEAN`, `UPDATE ${table} SET late = delay > 15`];

  it('validates, backs up, applies, validates again, and completes', async () => {
    const { handle, content } = await migrate((table) => ({ statements: late(table), checksAfter: [{ check: 'row_count', min: 3 }] }));
    expect(await handle.result()).toMatchObject({ status: 'COMPLETED', problems: [] });
    expect(await stepsOf(handle)).toEqual(['validate_migration', 'create_backup', 'apply_migration', 'validate_post_migration']);
    expect((await content())[1]).toEqual({ id: 2, delay: 20, late: true });
  });

  it('is rolled back when the validation afterwards does not pass: the table is as it was', async () => {
    const { handle, content, before } = await migrate((table) => ({
      statements: [...late(table), `DELETE FROM ${table} WHERE id = 1`],
      checksAfter: [{ check: 'not_null', column: 'late' }],
    }));
    expect(await handle.result()).toMatchObject({
      status: 'ROLLED_BACK',
      reason: 'The validation after the migration did not pass',
      problems: [expect.stringContaining('late')],
    });
    expect(await stateOf(handle)).toBe('ROLLED_BACK');
    expect((await stepsOf(handle))?.at(-1)).toBe('restore_backup');
    expect(await content()).toEqual(before);
  });

  it('fails when it cannot be applied, after one attempt, and the table is as it was', async () => {
    const { handle, content, before } = await migrate((table) => ({
      tryStatements: false,
      statements: [`DELETE FROM ${table}`, `ALTER TABLE ${table} DROP COLUMN nothing`],
    }));
    expect(await failure(handle)).toMatch(/nothing/);
    expect(await stateOf(handle)).toBe('FAILED');
    expect(await stepsOf(handle)).toEqual(['validate_migration', 'create_backup', 'apply_migration', 'restore_backup']);
    expect(await content()).toEqual(before);
  });

  it('fails after it was applied, when it cannot be validated, and the table is restored', async () => {
    const { handle, content, before } = await migrate((table) => ({
      statements: [`ALTER TABLE ${table} DROP COLUMN delay`],
      checksAfter: [{ check: 'not_null', column: 'delay' }],
    }));
    expect(await failure(handle)).toMatch(/delay/);
    expect(await stateOf(handle)).toBe('FAILED');
    expect(await content()).toEqual(before);
  });

  it('changes nothing where it is not fit to be applied', async () => {
    const { handle } = await migrate((table) => ({ statements: [`ALTER TABLE ${table} DROP COLUMN nothing`] }));
    expect(await failure(handle)).toMatch(/cannot be applied: .*nothing/);
    expect(await stepsOf(handle)).toEqual(['validate_migration']);
  });

  it('refuses a misspelt option', async () => {
    const { handle } = await migrate((table) => ({ statements: late(table), checkAfter: [] }));
    expect(await failure(handle)).toMatch(/checkAfter/);
  });
});
