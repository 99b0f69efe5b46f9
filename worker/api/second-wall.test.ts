import { type KyselyPlugin, type OperationNode, OperationNodeTransformer, type PluginTransformQueryArgs, sql, type UnknownRow } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { until } from '../../sdk/node/fixtures/workshop.fixture.js';
import type { Registry } from '../registry/index.js';
import { type RegistryPlace, registryPlace } from '../registry/registry.fixture.js';
import { RunOwners } from './run-owners.js';
import { openSecured, type Secured } from './secured.fixture.js';

const server = inject('postgresUrl');

/** What a mistake in a query would be: whose rows are asked for is forgotten. */
class Forgetting extends OperationNodeTransformer {
  forgotten = 0;

  protected override transformNodeImpl<Node extends OperationNode>(node: Node): Node {
    if (!JSON.stringify((node as { leftOperand?: unknown }).leftOperand ?? '').includes('"tenant"') || node.kind !== 'BinaryOperationNode')
      return super.transformNodeImpl(node);
    this.forgotten += 1;
    return sql`true`.toOperationNode() as OperationNode as Node;
  }
}

const forgetting = new Forgetting();
const forgetful: KyselyPlugin = {
  transformQuery: ({ node }: PluginTransformQueryArgs) => forgetting.transformNode(node),
  transformResult: ({ result }) => Promise.resolve(result as { rows: UnknownRow[] } & typeof result),
};

describe.skipIf(server === undefined)('with queries that forget the tenant', () => {
  let place: RegistryPlace;
  let url: string;
  let owner: string;
  let here: Secured;
  let registry: Registry;
  /** Of acme: an ended run with a child, and one that waits. */
  let run: { workflowId: string; runId: string };
  let waiting: string;

  beforeAll(async () => {
    ({ place, url, owner } = await ownedByNobodySpecial());
    here = await openSecured(inject('temporal'), undefined, undefined, { ...place, settings: { url } });
    registry = await here.record.registry();
    const acme = await admin('acme');
    run = (await acme.post('/v1/pipelines/mall/execute', { order: 'acme-only' })).body as typeof run;
    waiting = ((await acme.post('/v1/pipelines/shop/execute', { orders: ['acme-only'], ask: true })).body as typeof run).workflowId;
    await acme.post('/v1/keys', { name: 'acme-only', grants: ['viewer'] });
    await until(
      async () => (await acme.get('/v1/approvals')).body,
      ({ approvals }) => approvals.length === 1,
    );
    await until(
      async () => (await acme.get(acme.run(run.workflowId))).body,
      ({ endedAt, children }) => endedAt !== undefined && children?.length === 1,
    );
  });

  afterEach(() => void vi.restoreAllMocks());

  afterAll(async () => {
    await here.close();
    await ask(server ?? '', `drop role if exists ${owner}`);
  });

  const admin = async (tenant: string) => here.as(await here.issuer.token({ roles: ['admin'], tenant }));

  /** The API as it is, but for that mistake. @param walled whether the second wall stands */
  function forget(walled: boolean): void {
    const mistaken: Registry = { ...registry, readAs: (tenant) => (walled ? registry.readAs(tenant) : registry.database).withPlugin(forgetful) };
    vi.spyOn(here.record, 'registry').mockResolvedValue(mistaken);
    vi.spyOn(here.record, 'current', 'get').mockReturnValue(mistaken);
    // … and whose run it is, is not asked either.
    vi.spyOn(RunOwners.prototype, 'recorded').mockImplementation((workflowId, tenant) => Promise.resolve({ workflowId, tenant, pipeline: 'mall' } as never));
  }

  const lists = ['/v1/pipelines/workflows', '/v1/pipelines/mall/runs', '/v1/approvals', '/v1/events', '/v1/keys', '/metrics'];
  const parts = ['', '/calls', '/children', '/history', '/logs', '/events'];

  /** What another tenant is told by each route that reads the registry: status and answer. */
  async function told(tenant: string): Promise<Record<string, string>> {
    const stranger = await admin(tenant);
    const ask = async (path: string) => {
      const { status, body } = await stranger.get(path);
      return `${status} ${typeof body === 'string' ? body : JSON.stringify(body)}`;
    };
    const asked = [...lists.map((it) => [it, it]), ...parts.map((part) => [part, stranger.run(run.workflowId) + part])];
    return Object.fromEntries(await Promise.all(asked.map(async ([name = '', path = '']) => [name, await ask(path)] as const)));
  }

  const ofAcme = () => [run.runId, waiting, 'acme-only', '"acme"'];
  const leaks = (answers: Record<string, string>) =>
    Object.entries(answers)
      .filter(([, text]) => ofAcme().some((it) => text.includes(it)))
      .map(([path]) => path);

  test('the API tells nothing of another tenant, by whatever route it reads the registry', async () => {
    forget(true);
    const before = forgetting.forgotten;
    const answers = await told('umbrella');
    expect(forgetting.forgotten).toBeGreaterThan(before);
    expect(leaks(answers)).toEqual([]);
    for (const part of parts) expect(answers[part]).toMatch(/^404 .*unknown_run/);
    const acme = await admin('acme');
    expect(leaks({ runs: JSON.stringify((await acme.get('/v1/pipelines/workflows')).body) })).toEqual(['runs']);
  });

  test('without that wall, each of them would tell it', async () => {
    forget(false);
    const answers = await told('hooli');
    for (const part of parts) expect(answers[part], part).toMatch(/^200 /);
    expect(leaks(answers)).toEqual(expect.arrayContaining(['/v1/pipelines/workflows', '/v1/approvals', '/v1/events', '/v1/keys', '', '/events']));
  });

  test('what it reads as is no superuser, passes by no policy and owns nothing', async () => {
    const { rows } = await sql<Record<string, unknown>>`
      select current_user as reader, session_user as login, rolsuper or rolbypassrls as above,
        exists (select from pg_class where relowner = pg_roles.oid) as owns, pg_has_role(current_user, session_user, 'usage') as may
      from pg_roles where rolname = current_user`.execute(registry.readAs('umbrella'));
    expect(rows).toEqual([{ reader: 'headrace_reader', login: owner, above: false, owns: false, may: false }]);
  });
});

/** A database as production has it: it belongs to a role that is no superuser, and may make roles. */
async function ownedByNobodySpecial() {
  const place = (await registryPlace('postgres', server)) as RegistryPlace;
  const url = new URL(place.settings.url as string);
  const owner = `owner_${url.pathname.slice(1)}`;
  await ask(
    url.href,
    `create role ${owner} login createrole; alter database ${url.pathname.slice(1)} owner to ${owner}; alter schema public owner to ${owner}`,
  );
  url.username = owner;
  return { place, url: url.href, owner };
}

async function ask(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(statement);
  await client.end();
}
