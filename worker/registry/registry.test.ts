import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import * as z from 'zod';
import { pipeline } from '../../sdk/index.js';
import { isRelayed } from '../events/index.js';
import {
  appendAudit,
  attachToParent,
  enterClosure,
  migrate,
  openRegistry,
  pipelineId,
  printMigrations,
  prune,
  type Registry,
  readRetention,
  recordPipelines,
  setRetention,
  verifyAuditLog,
} from './index.js';
import { migrations } from './migrate.js';
import { type RegistryPlace, registryPlace } from './registry.fixture.js';
import { relayLease } from './retention.js';
import { requiredJson, safeText } from './safe-json.js';

const kinds = inject('postgresUrl') === undefined ? (['embedded'] as const) : (['embedded', 'postgres'] as const);

describe.each(kinds)('the %s registry', (kind) => {
  let place: RegistryPlace;
  let registry: Registry;

  // What a test that is tried once more has left is gone.
  beforeEach(async () => {
    place = (await registryPlace(kind, inject('postgresUrl'))) as RegistryPlace;
    registry = await place.open();
  });

  afterEach(async () => {
    await registry.close();
    await place.remove();
  });

  async function enterRun(workflow_id: string): Promise<number> {
    const pipeline_id = await pipelineId(registry.database, 'sales');
    const row = { pipeline_id, workflow_id, run_id: 'r', trigger: 'client', status: 'RUNNING', start_date: new Date() };
    const { id } = await registry.database.insertInto('pipeline_execution').values(row).returning('id').executeTakeFirstOrThrow();
    await enterClosure(registry.database, id);
    return id;
  }

  const link = (child: number, parent: number) => registry.database.transaction().execute((transaction) => attachToParent(transaction, child, parent));

  test('that a later version brought further is refused by name, and nothing is written to it', async () => {
    const later = { number: migrations.length + 1, name: 'later', sql: 'create table later (id integer)' };
    expect(await migrate(registry.database, [...migrations, later])).toEqual(['later']);
    const all = async () =>
      (await sql<{ state: string }>`select string_agg(schema_migration::text, ' ' order by number) as state from schema_migration`.execute(registry.database))
        .rows;
    const before = await all();
    await expect(migrate(registry.database)).rejects.toMatchObject({ code: 'registry_newer', message: expect.stringContaining(`migration ${later.number}`) });
    expect(await all()).toEqual(before);
    await registry.close();
    await expect(place.open()).rejects.toMatchObject({ code: 'registry_newer' });
    registry = await place.open({ asItIs: true });
  });

  test('is migrated once, and refuses a schema that is not the one it knows', async () => {
    expect(await migrate(registry.database)).toEqual([]);
    const changed = migrations.map((it) => ({ ...it, sql: `${it.sql}\n\nselect 1;` }));
    await expect(migrate(registry.database, changed)).rejects.toMatchObject({ code: 'registry_changed' });
    expect(printMigrations()).toMatch(/create table pipeline_execution_closure/);
  });

  test('gives identities and counts as numbers, times as dates, JSON as values', async () => {
    const { rows } = await sql`select count(*) as count, now() as now, '{"a": [1]}'::jsonb as json, 9007199254740991::bigint as large`.execute(
      registry.database,
    );
    expect(rows[0]).toEqual({ count: expect.any(Number), now: expect.any(Date), json: { a: [1] }, large: 9007199254740991 });
  });

  test('keeps the closure whole in whatever order runs and their links are entered', async () => {
    const [grand, parent, child, other] = await Promise.all(['g', 'p', 'c', 'o'].map(enterRun));
    await link(child as number, parent as number);
    await Promise.all([link(parent as number, grand as number), link(other as number, child as number)]);
    const below = await registry.database
      .selectFrom('pipeline_execution_closure')
      .select(['child_execution_id', 'depth'])
      .where('parent_execution_id', '=', grand as number)
      .orderBy('depth')
      .execute();
    expect(below).toEqual([grand, parent, child, other].map((child_execution_id, depth) => ({ child_execution_id, depth })));
  });

  test('records a pipeline once, and a new version when its configuration changes', async () => {
    const declared = (description: string) => pipeline('recorded', { input: z.object({}), output: z.void(), description }, async () => undefined);
    expect(await recordPipelines(registry.database, [declared('one')])).toEqual(['recorded']);
    expect(await recordPipelines(registry.database, [declared('one')])).toEqual([]);
    expect(await recordPipelines(registry.database, [declared('two')])).toEqual(['recorded']);
    const versions = await registry.database
      .selectFrom('pipeline_version')
      .innerJoin('pipeline', 'pipeline.id', 'pipeline_id')
      .select('version')
      .where('name', '=', 'recorded')
      .orderBy('version')
      .execute();
    expect(versions).toEqual([{ version: 1 }, { version: 2 }]);
  });

  test('takes any text and JSON, also what PostgreSQL refuses', async () => {
    const hostile = 'a\0b\ud800c \\u0000 d\\\0e';
    const kept = 'a\ufffdb\ufffdc \\u0000 d\\\ufffde';
    const { rows } = await sql<{
      json: unknown;
      text: string;
    }>`select ${requiredJson({ [hostile]: [hostile] })}::jsonb as json, ${safeText(hostile)}::text as text`.execute(registry.database);
    expect(rows[0]).toEqual({ json: { [kept]: [kept] }, text: kept });
  });

  test('keeps an audit log that cannot be changed, and finds who changed it behind its back', async () => {
    await Promise.all(
      ['start', 'approve', 'cancel'].map((action) =>
        appendAudit(registry.database, { actor: 'ada', action, subject: 'run', details: { action, nested: { b: 1, a: 2 } } }),
      ),
    );
    expect(await verifyAuditLog(registry.database)).toEqual({ entries: 3, head: expect.stringMatching(/^[0-9a-f]{64}$/) });
    await expect(sql`update audit_log set actor = 'bob'`.execute(registry.database)).rejects.toThrow(/append-only/);
    await expect(sql`delete from audit_log`.execute(registry.database)).rejects.toThrow(/append-only/);
    await expect(sql`truncate audit_log`.execute(registry.database)).rejects.toThrow(/append-only/);
    await sql`alter table audit_log disable trigger user`.execute(registry.database);
    await sql`update audit_log set actor = 'bob' where id = 2`.execute(registry.database);
    expect(await verifyAuditLog(registry.database)).toMatchObject({ entries: 1, broken: { id: 2, reason: 'changed' } });
    await sql`delete from audit_log where id = 2`.execute(registry.database);
    expect(await verifyAuditLog(registry.database)).toMatchObject({ entries: 1, broken: { id: 3, reason: 'entry before it is missing' } });
  });

  test('tells in its audit log once what is told again, and twice what happened twice', async () => {
    const start = { actor: 'ada', action: 'run.start', subject: 'orders-1', details: { runId: 'r', pipeline: 'orders', code: undefined }, once: true };
    await appendAudit(registry.database, start, { ...start, actor: 'bob' });
    await appendAudit(registry.database, { ...start, details: { pipeline: 'orders', runId: 'r' } });
    await appendAudit(registry.database, { ...start, tenant: 'umbrella' }, { ...start, once: false }, { ...start, action: 'run.cancel' });
    const rows = await registry.database.selectFrom('audit_log').select(['actor', 'action', 'tenant']).orderBy('id').execute();
    expect(rows.map((row) => Object.values(row).join(' '))).toEqual([
      'ada run.start default',
      'ada run.start umbrella',
      'ada run.start default',
      'ada run.cancel default',
    ]);
    expect(await verifyAuditLog(registry.database)).toMatchObject({ entries: 4 });
  });

  test('takes what looks encrypted in its audit log as it was written', async () => {
    const subject = JSON.stringify({ encrypted: 'AAAA', keyId: 'k' });
    await appendAudit(registry.database, { actor: subject, action: 'run.cancel', subject });
    expect(await verifyAuditLog(registry.database)).not.toHaveProperty('broken');
  });

  test('removes what is older than it is kept, and nothing else', async () => {
    const id = await enterRun('old');
    await enterRun('open');
    await registry.database
      .updateTable('pipeline_execution')
      .set({ end_date: new Date('2020-01-01') })
      .where('id', '=', id)
      .execute();
    await registry.database
      .insertInto('run_log')
      .values({ pipeline_execution_id: id, execution_id: 'e', history_event: 1, sequence: 1, message: 'm', at: new Date() })
      .execute();
    await registry.database
      .insertInto('outbox')
      .values({ id: 'e', workflow_id: 'w', run_id: 'r', tenant: 't', sequence: 1, kind: 'k', payload: '{}', created_at: new Date('2020-01-01') })
      .execute();
    expect(await readRetention(registry.database)).toEqual({ logs: 90, events: 90 });
    expect(await prune(registry.database)).toEqual({ runs: 0, logs: 1, events: 1 });
    expect(await setRetention(registry.database, { runs: 30, events: null })).toEqual({ runs: 30, logs: 90, events: undefined });
    expect(await prune(registry.database)).toEqual({ runs: 1, logs: 0, events: 0 });
  });

  test('keeps what waits for Kafka, until nobody has published for a month', async () => {
    const { database } = registry;
    const event = { id: 'e', workflow_id: 'w', run_id: 'r', tenant: 't', sequence: 1, kind: 'k', payload: '{}', created_at: new Date('2020-01-01') };
    await database.insertInto('outbox').values(event).execute();
    await database.insertInto('lease').values({ name: relayLease, owner: 'a relay', until: new Date() }).execute();
    const gone = (days: number) =>
      database
        .updateTable('lease')
        .set({ until: new Date(Date.now() - days * 86_400_000) })
        .where('name', '=', relayLease)
        .execute();
    await gone(29);
    expect(await prune(database)).toMatchObject({ events: 0 });
    expect(await isRelayed(database)).toBe(true);
    await gone(31);
    expect(await isRelayed(database)).toBe(false);
    expect(await prune(database)).toMatchObject({ events: 1 });
  });
});

test.skipIf(inject('postgresUrl') === undefined)('several starters at once migrate a database once', async () => {
  const place = (await registryPlace('postgres', inject('postgresUrl'))) as RegistryPlace;
  const registries = await Promise.all(Array.from({ length: 4 }, () => place.open()));
  const { rows } = await sql`select number from schema_migration`.execute((registries[0] as Registry).database);
  expect(rows).toHaveLength(migrations.length);
  await Promise.all(registries.map((it) => it.close()));
  await place.remove();
});

test('an embedded registry has one owner, and what it committed outlives its kill', async () => {
  const place = (await registryPlace('embedded', undefined)) as RegistryPlace;
  const owner = fork(join(import.meta.dirname, 'owner.fixture.ts'), [place.settings.folder ?? ''], { execArgv: ['--import', 'tsx'] });
  await once(owner, 'message');
  await expect(place.open()).rejects.toMatchObject({ code: 'state_in_use', message: expect.stringContaining(`pid ${owner.pid}`) });
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  const registry = await place.open();
  const { count } = await registry.database
    .selectFrom('pipeline')
    .select((it) => it.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  expect(count).toBeGreaterThanOrEqual(20);
  await registry.close();
  await place.remove();
});

test('a registry whose tables are damaged says so where it is opened and where it is read, and what helps', { timeout: 120_000 }, async () => {
  const place = (await registryPlace('embedded', undefined)) as RegistryPlace;
  const folder = place.settings.folder ?? '';
  const registry = await place.open();
  const fileOf = async (table: string) =>
    (await sql<{ file: string }>`select pg_relation_filepath(${table}) as file`.execute(registry.database)).rows[0]?.file ?? '';
  await pipelineId(registry.database, 'known');
  const [pipeline, migration] = [await fileOf('pipeline'), await fileOf('schema_migration')];
  await registry.close();
  const damage = (file: string) => writeFileSync(join(folder, 'data', file), Buffer.alloc(8_192, 7));
  const refusal = {
    code: 'registry_unreadable',
    where: folder,
    message: expect.stringContaining('damaged'),
    fix: expect.stringContaining(`keep a copy of ${folder} and remove it`),
  };
  damage(pipeline);
  const damaged = await place.open();
  await expect(damaged.database.selectFrom('pipeline').select('name').execute()).rejects.toMatchObject(refusal);
  await damaged.close();
  damage(migration);
  await expect(place.open()).rejects.toMatchObject(refusal);
  await place.remove();
  await (await place.open()).close();
  await place.remove();
});

test('a registry that cannot be opened says why and what helps', async () => {
  const broken = mkdtempSync(join(tmpdir(), 'headrace-broken-'));
  writeFileSync(join(broken, 'data'), 'no database');
  await expect(openRegistry({ url: '', folder: broken })).rejects.toMatchObject({ code: 'registry_unreadable', fix: expect.stringContaining('remove it') });
  await expect(openRegistry({ url: 'postgres://nobody:secret@127.0.0.1:1/none' })).rejects.toMatchObject({
    code: 'registry_unreachable',
    message: expect.not.stringContaining('secret'),
  });
});

test.skipIf(process.getuid?.() === 0)('a folder that may not be written is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-read-only-'));
  chmodSync(folder, 0o500);
  await expect(openRegistry({ url: '', folder })).rejects.toMatchObject({ code: 'registry_unreadable', fix: expect.stringContaining('right') });
});
