import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { startPostgres } from '../../test/servers/postgres.js';
import type { Database } from './database.js';
import { describeRegistry } from './describe-registry.js';
import { inTime } from './in-time.js';
import { openRegistry, pipelineId, type Registry } from './index.js';
import { embeddedPlace, type RegistryPlace, registryPlace } from './registry.fixture.js';

const url = inject('postgresUrl');
const kinds = url === undefined ? (['embedded'] as const) : (['embedded', 'postgres'] as const);
/** A pipeline is code, and what it is called no secret. The closure has numbers only, and a test of its own. */
const leftOut = ['pipeline', 'pipeline_execution_closure'];

describe.each(kinds)('the wall of the %s registry', (kind) => {
  let place: RegistryPlace;
  let registry: Registry;

  beforeAll(async () => {
    place = (await registryPlace(kind, url)) as RegistryPlace;
    registry = await place.open();
    for (const tenant of ['acme', 'umbrella']) await enterAll(registry.database, tenant);
  });

  afterAll(async () => {
    await registry.close();
    await place.remove();
  });

  /** What a query that forgets the tenant finds in a table: as text, or why not. */
  async function find(database: Kysely<Database>, table: string): Promise<string> {
    try {
      return JSON.stringify((await sql`select * from ${sql.table(table)}`.execute(database)).rows);
    } catch (error) {
      return (error as Error).message;
    }
  }

  async function tables(): Promise<string[]> {
    const { rows } = await sql<{ name: string }>`select tablename as name from pg_tables where schemaname = current_schema() order by 1`.execute(
      registry.database,
    );
    return rows.map(({ name }) => name);
  }

  test('keeps every table of the others from a query that forgets the tenant', async () => {
    const readable: string[] = [];
    for (const table of await tables()) {
      const found = await find(registry.readAs('acme'), table);
      if (/permission denied/.test(found) || leftOut.includes(table)) continue;
      readable.push(table);
      expect(found, table).toContain('of acme');
      expect(found, table).not.toContain('of umbrella');
      expect(await find(registry.database, table), table).toContain('of umbrella');
    }
    const ofRuns = ['approval', 'pipeline_execution', 'run_log', 'step_call'];
    expect(readable).toEqual([...ofRuns, 'audit_log', 'metric_total', 'outbox', 'projection', 'projection_execution'].sort());
  });

  test('keeps runs apart that a run of the other tenant is said to have started', async () => {
    const links = (database: Kysely<Database>) => database.selectFrom('pipeline_execution_closure').select('depth').execute();
    expect([await links(registry.database), await links(registry.readAs('acme')), await links(registry.readAs('umbrella'))].map((it) => it.length)).toEqual([
      3, 1, 1,
    ]);
  });

  test("shows a tenant's keys without their hashes, and nothing to who has nothing", async () => {
    const names = async (tenant: string) => (await registry.readAs(tenant).selectFrom('api_key').select('name').execute()).map(({ name }) => name);
    expect([await names('acme'), await names('umbrella')]).toEqual([['of acme'], ['of umbrella']]);
    await expect(registry.readAs('acme').selectFrom('api_key').select('hash').execute()).rejects.toThrow(/permission denied/);
    for (const stranger of ['nobody', "x' or tenant <> '", '\\']) expect(await find(registry.readAs(stranger), 'pipeline_execution')).toBe('[]');
  });

  test('lets nobody write, and leaves no role or tenant behind on a connection', async () => {
    await expect(sql`delete from outbox`.execute(registry.readAs('acme'))).rejects.toThrow(/permission denied|read-only/);
    await expect(
      registry
        .readAs('acme')
        .transaction()
        .execute(async () => undefined),
    ).rejects.toThrow(/does not write/);
    const tenants = Array.from({ length: 60 }, (_, index) => (['acme', 'umbrella', undefined] as const)[index % 3]);
    const counts = await Promise.all(
      tenants.map(async (tenant) => {
        const database = tenant === undefined ? registry.database : registry.readAs(tenant);
        return (await database.selectFrom('pipeline_execution').select('tenant').execute()).map((row) => row.tenant);
      }),
    );
    expect(counts).toEqual(tenants.map((tenant) => (tenant === undefined ? ['acme', 'umbrella'] : [tenant])));
  });
});

test.skipIf(url === undefined)('who may not make roles learns what an administrator is to run, and that suffices', async () => {
  const place = (await registryPlace('postgres', url)) as RegistryPlace;
  const database = new URL(place.settings.url as string);
  const name = database.pathname.slice(1);
  const admin = new pg.Client(database.href);
  await admin.connect();
  await admin.query(`create role "plain ${name}" login; alter database ${name} owner to "plain ${name}"; alter schema public owner to "plain ${name}"`);
  database.username = encodeURIComponent(`plain ${name}`);
  const registry = await openRegistry({ url: database.href });
  await registry.database.insertInto('lease').values({ name: 'mine', owner: 'me', until: new Date() }).execute();
  await enterAll(registry.database, 'acme');
  const read = () => registry.readAs('acme').selectFrom('pipeline_execution').select('tenant').execute();
  const refusal = await read().catch((error: unknown) => error as { code: string; fix: string });
  expect(refusal).toMatchObject({ code: 'no_tenant_wall', message: expect.stringContaining(`plain ${name}`) });
  await admin.query((refusal as { fix: string }).fix.split('run: ')[1] as string);
  expect(await read()).toEqual([{ tenant: 'acme' }]);
  await registry.close();
  await admin.query(`drop owned by "plain ${name}"`);
  await admin.end();
  await place.remove();
});

test.skipIf(url === undefined)('a wall that is there and does not hold is refused, named, and mended by what is shown', async () => {
  const place = (await registryPlace('postgres', url)) as RegistryPlace;
  const made = await place.open();
  const names = ['outbox', 'pipeline_execution'];
  const voids: Record<string, { begin: string; open: readonly string[] }> = {
    'a table without it': { begin: 'alter table outbox disable row level security', open: ['outbox'] },
    'tables that are its own': { begin: names.map((name) => `alter table ${name} owner to headrace_reader`).join('; '), open: names },
    'a table made later that it may read': { begin: 'create table later (tenant text); grant select on later to headrace_reader', open: ['later'] },
    'a view, which its owner reads': {
      begin: 'create view all_runs as select * from pipeline_execution; grant select on all_runs to headrace_reader',
      open: ['all_runs'],
    },
  };
  for (const [what, { begin, open }] of Object.entries(voids)) {
    await sql.raw(begin).execute(made.database);
    const registry = await place.open({ asItIs: true });
    const refusal = await registry
      .readAs('acme')
      .selectFrom('run_log')
      .select('message')
      .execute()
      .catch((error: unknown) => error as { code: string; message: string; fix: string });
    expect(refusal, what).toMatchObject({ code: 'no_tenant_wall', message: expect.stringContaining(`rows of ${open.join(', ')}.`) });
    await expect(describeRegistry(place.settings.url as string, true), what).rejects.toMatchObject({ code: 'no_tenant_wall' });
    await sql.raw((refusal as { fix: string }).fix.split('run: ')[1] as string).execute(made.database);
    expect(await registry.readAs('acme').selectFrom('outbox').select('id').execute(), what).toEqual([]);
    await registry.close();
  }
  expect(await describeRegistry(place.settings.url as string, true)).toMatch(/^PostgreSQL \d.* migration \d+, user headrace, whom no policy holds/);
  await made.close();
  await place.remove();
});

test.skipIf(url === undefined)('a reader whom no policy holds is refused, for what it is or whose rights it has, and mended by what is shown', async () => {
  // Roles belong to the whole server: the other tests' keep theirs.
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  const made = await openRegistry({ url: server.url });
  for (const tenant of ['acme', 'umbrella']) await enterAll(made.database, tenant);
  const voids: Record<string, { begin: string; fix: string; open: string }> = {
    'a superuser': { begin: 'alter role headrace_reader superuser', fix: 'alter role headrace_reader nosuperuser nobypassrls;', open: 'pipeline_execution' },
    'who has BYPASSRLS': {
      begin: 'alter role headrace_reader bypassrls',
      fix: 'alter role headrace_reader nosuperuser nobypassrls;',
      open: 'pipeline_execution',
    },
    'a member of the owner': {
      begin: 'create role deployer; alter table outbox owner to deployer; grant deployer to headrace_reader',
      fix: 'revoke deployer from headrace_reader;',
      open: 'outbox',
    },
  };
  for (const [what, { begin, fix, open }] of Object.entries(voids)) {
    await sql.raw(begin).execute(made.database);
    const registry = await openRegistry({ url: server.url });
    const read = () => registry.readAs('acme').selectFrom('outbox').select('tenant').execute();
    const refusal = { code: 'no_tenant_wall', message: expect.stringContaining(open), fix: expect.stringContaining(fix) };
    await expect(read(), what).rejects.toMatchObject(refusal);
    await expect(describeRegistry(server.url, true), what).rejects.toMatchObject(refusal);
    await sql.raw(fix).execute(made.database);
    expect(await read(), what).toEqual([{ tenant: 'acme' }]);
    await registry.close();
  }
  await made.close();
});

test.skipIf(url === undefined)(
  'a right that the reader is given while the registry is open is noticed within a minute, and reads go on once it is taken back',
  async () => {
    const server = await startPostgres();
    onTestFinished(() => server.stop());
    const registry = await openRegistry({ url: server.url });
    for (const tenant of ['acme', 'umbrella']) await enterAll(registry.database, tenant);
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const readAMinuteLater = () => {
      vi.setSystemTime(Date.now() + 60_000);
      return registry.readAs('acme').selectFrom('outbox').select('tenant').execute();
    };
    expect(await readAMinuteLater()).toEqual([{ tenant: 'acme' }]);
    await sql`alter role headrace_reader bypassrls`.execute(registry.database);
    await expect(readAMinuteLater()).rejects.toMatchObject({ code: 'no_tenant_wall', fix: expect.stringContaining('nobypassrls') });
    await sql`alter role headrace_reader nobypassrls`.execute(registry.database);
    expect(await readAMinuteLater()).toEqual([{ tenant: 'acme' }]);
    await registry.close();
  },
);

test.skipIf(url === undefined)('starters of several databases of one server make the role once', async () => {
  const places = (await Promise.all(Array.from({ length: 4 }, () => registryPlace('postgres', url)))) as RegistryPlace[];
  const registries = await Promise.all(places.flatMap((place) => [place.open(), place.open()]));
  for (const registry of registries) expect(await registry.readAs('acme').selectFrom('outbox').select('id').execute()).toEqual([]);
  await Promise.all(registries.map((it) => it.close()));
  await Promise.all(places.map((it) => it.remove()));
});

/** A row of one tenant in every table that has any, each with its name in a text. */
async function enterAll(database: Kysely<Database>, tenant: string): Promise<void> {
  const of = `of ${tenant}`;
  const at = new Date();
  const run = { tenant, workflow_id: of, run_id: of, trigger: 'client', status: 'RUNNING', start_date: at };
  const pipeline_id = await pipelineId(database, 'shop');
  const { id } = await database
    .insertInto('pipeline_execution')
    .values({ ...run, pipeline_id })
    .returning('id')
    .executeTakeFirstOrThrow();
  const ofRun = { pipeline_execution_id: id, execution_id: of };
  await database
    .insertInto('step_call')
    .values({ ...ofRun, call_id: of, step: of, status: 'COMPLETED', attempts: 1, history_event: 1, started_at: at })
    .execute();
  await database
    .insertInto('approval')
    .values({ ...ofRun, wait_id: of, approval: of, question: of, evidence_digest: of, since: at, deadline: at })
    .execute();
  await database
    .insertInto('run_log')
    .values({ ...ofRun, history_event: 1, sequence: 1, message: of, at })
    .execute();
  const event = { id: of, workflow_id: of, run_id: of, tenant, sequence: 1, kind: 'PIPELINE_STARTED', payload: '{}' };
  await database.insertInto('outbox').values(event).execute();
  await database.insertInto('projection').values({ workflow_id: of, run_id: of, execution_id: of }).execute();
  await database.insertInto('projection_execution').values({ workflow_id: of, run_id: of, execution_id: of, ordinal: 0 }).execute();
  await database
    .insertInto('metric_total')
    .values({ metric: of, labels: JSON.stringify({ tenant }), part: '', value: 1 })
    .execute();
  await database.insertInto('audit_log').values({ at, actor: of, action: of, subject: of, tenant, details: '{}', previous_hash: '', hash: of }).execute();
  await database.insertInto('api_key').values({ id: of, name: of, tenant, grants: '[]', hash: of, created_by: of }).execute();
  // Of a mistake that links it to every run before it.
  const links = sql`insert into pipeline_execution_closure (parent_execution_id, child_execution_id, depth) select id, ${id}, ${id}::bigint - id from pipeline_execution`;
  await links.execute(database);
}

test('a refusal that cannot be explained gives its connection back all the same', async () => {
  const place = embeddedPlace();
  const registry = await place.open();
  onTestFinished(async () => {
    await registry.close();
    await place.remove();
  });
  await sql`alter role headrace_reader rename to nobody`.execute(registry.database);
  await sql`alter function pg_catalog.quote_ident(text) rename to no_longer`.execute(registry.database);
  await expect(registry.readAs('acme').selectFrom('outbox').select('id').execute()).rejects.toThrow('headrace_reader');
  await expect(inTime(registry.ready())).resolves.toBeUndefined();
});
