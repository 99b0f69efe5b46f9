import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { readLatest } from '../events/outbox.js';
import { openEmbedded } from './embedded.js';
import { attachToParent, type Registry, readRetention, verifyAuditLog } from './index.js';
import { migrate, migrations } from './migrate.js';
import { type RegistryPlace, registryPlace } from './registry.fixture.js';
import { readApprovals } from './run-approvals.js';
import { findRecorded, readDescendants } from './run-detail.js';
import { listRecorded } from './run-list.js';

const dump = readFileSync(join(import.meta.dirname, 'old/registry-0001.sql'), 'utf8');
const kinds = inject('postgresUrl') === undefined ? (['embedded'] as const) : (['embedded', 'postgres'] as const);

interface Asking {
  /** Takes several statements. */
  run(text: string): Promise<unknown>;
  rows(query: string): Promise<object[]>;
}

/** The rows of every table with the columns that it has now, as text. */
async function contents({ rows }: Asking, tables?: Record<string, string>): Promise<Record<string, string>> {
  const columns = `select table_name as name, string_agg(quote_ident(column_name), ', ' order by ordinal_position) as columns
    from information_schema.columns where table_schema = 'public' group by 1`;
  const known = tables ?? Object.fromEntries(((await rows(columns)) as { name: string; columns: string }[]).map((it) => [it.name, it.columns]));
  const found: Record<string, string> = {};
  for (const [table, names] of Object.entries(known))
    found[`${table} (${names})`] = JSON.stringify(await rows(`select ${names} from public.${table} order by 1, 2`));
  return found;
}

/** Asks the database of a place that nobody has opened. */
async function within<Result>(kind: (typeof kinds)[number], { settings }: RegistryPlace, work: (asking: Asking) => Promise<Result>): Promise<Result> {
  if (kind === 'postgres') {
    const client = new pg.Client(settings.url);
    await client.connect();
    const result = await work({ run: (text) => client.query(text), rows: async (query) => (await client.query<object>(query)).rows });
    await client.end();
    return result;
  }
  const { pglite, lock } = await openEmbedded(settings.folder as string);
  const result = await work({ run: (text) => pglite.exec(text), rows: async (query) => (await pglite.query<object>(query)).rows });
  await pglite.close();
  lock.release();
  return result;
}

describe.each(kinds)('a registry of the first schema (%s)', (kind) => {
  let place: RegistryPlace;
  let registry: Registry;
  let before: Record<string, string>;

  // What a test that is tried once more has left is gone.
  beforeEach(async () => {
    place = (await registryPlace(kind, inject('postgresUrl'))) as RegistryPlace;
    before = await within(kind, place, async (asking) => {
      await asking.run(dump);
      return contents(asking);
    });
    registry = await place.open();
  });

  afterEach(async () => {
    await registry.close();
    await place.remove();
  });

  test('is brought forward with all that it had', async () => {
    expect(await migrate(registry.database)).toEqual([]);
    await registry.close();
    const tables = Object.fromEntries(Object.keys(before).map((key) => [key.split(' ')[0] as string, key.slice(key.indexOf('(') + 1, -1)]));
    const { [keyOf(before, 'schema_migration')]: applied, ...after } = await within(kind, place, (asking) => contents(asking, tables));
    const { [keyOf(before, 'schema_migration')]: first, ...was } = before;
    expect(after).toEqual(was);
    expect(JSON.parse(applied as string)).toHaveLength(migrations.length);
    expect(JSON.parse(applied as string)[0]).toEqual(JSON.parse(first as string)[0]);
    registry = await place.open();
  });

  test('is read as one that was made anew', async () => {
    const { database, readAs } = registry;
    const ids = (await listRecorded(database, { tenant: 'default' }, 10)).map(({ workflow_id }) => workflow_id);
    expect(ids).toEqual(['orders-2', 'publish-1', 'orders-1']);
    const run = await findRecorded(database, 'default', 'orders-1');
    expect(run).toMatchObject({ status: 'SUCCEEDED', total_rows: 1200, output: { rows: 1200, note: 'naïve – ✓' }, started_by: null });
    expect((await readDescendants(database, run?.id as number, 5, 10)).map(({ workflow_id }) => workflow_id)).toEqual(['publish-1']);
    expect(await readApprovals(database, run?.id as number)).toMatchObject([
      { decision: 'approve', decided_by: 'ada', required: 1, roles: null, not_starter: false, votes: null },
    ]);
    const published = await readLatest(readAs('default'), undefined, 10, { pipeline: 'publish_orders' });
    expect(published).toMatchObject([{ workflowId: 'publish-1', event: { type: 'PIPELINE_STARTED' } }]);
    expect((await listRecorded(readAs('umbrella'), { tenant: 'umbrella' }, 10)).map(({ workflow_id }) => workflow_id)).toEqual(['orders-3']);
    expect(await readRetention(database)).toEqual({ runs: 365, logs: 90, events: 90 });
  });

  test('counts what it has recorded so far', async () => {
    const totals = await registry.database.selectFrom('metric_total').select(['metric', 'labels', 'value']).where('part', '=', '').execute();
    const rows = totals.filter(({ metric }) => metric === 'headrace_run_rows');
    expect(rows).toContainEqual({ metric: 'headrace_run_rows', labels: { pipeline: 'nightly_orders', tenant: 'default' }, value: 1200 });
    expect(totals.filter(({ metric }) => metric === 'temporal_workflow_started').reduce((sum, { value }) => sum + value, 0)).toBe(4);
  });

  test('goes on where it was: identities, positions, the chain of the audit log, the closure', async () => {
    const { database } = registry;
    expect(await verifyAuditLog(database)).toEqual({ entries: 2, head: expect.stringMatching(/^10d38ae4/) });
    await expect(database.deleteFrom('audit_log').execute()).rejects.toThrow(/append-only/);
    const run = { pipeline_id: 1, workflow_id: 'orders-4', run_id: 'r', trigger: 'client', status: 'RUNNING', start_date: new Date() };
    const { id } = await database.insertInto('pipeline_execution').values(run).returning('id').executeTakeFirstOrThrow();
    expect(id).toBe(5);
    await database.insertInto('pipeline_execution_closure').values({ parent_execution_id: 5, child_execution_id: 5, depth: 0 }).execute();
    await database.transaction().execute((transaction) => attachToParent(transaction, 5, 2));
    expect((await readDescendants(database, 1, 5, 10)).map(({ depth }) => depth)).toEqual([1, 2]);
    const event = {
      id: 'e-6',
      workflow_id: 'orders-4',
      run_id: 'r',
      tenant: 'default',
      sequence: 1,
      kind: 'PIPELINE_STARTED',
      payload: '{"pipeline":"nightly_orders"}',
    };
    await database.insertInto('outbox').values(event).execute();
    expect((await readLatest(database, undefined, 1, { pipeline: 'nightly_orders' }))[0]?.position).toBeGreaterThan(5);
  });
});

function keyOf(tables: Record<string, string>, name: string): string {
  return Object.keys(tables).find((key) => key.startsWith(`${name} `)) as string;
}
