import type { Command } from 'commander';
import colors from 'picocolors';
import { formatDuration, toMilliseconds } from '../../sdk/authoring/duration.js';
import { apiAddress, request } from './api-client.js';
import { table } from './table.js';

interface Target {
  api?: string;
  tenant?: string;
  json?: boolean;
}

interface ApiKey {
  id: string;
  name: string;
  grants: string[];
  expiresAt?: string;
  revokedAt?: string;
  lastUsedAt?: string;
}

/** keys create, list, rotate and revoke: they speak with the API. */
export function addApiKeys(keys: Command): void {
  const target = (it: Command) =>
    it.option('--api <url>', "the API's address").option('--tenant <tenant>', 'of this tenant; for the first admin key only').option('--json', 'as JSON');
  target(keys.command('create <name>'))
    .description('make an API key, and print it this once')
    .requiredOption('--grant <grant...>', 'a role: viewer, operator, approver, admin; or one on some pipelines: operator:sales_*')
    .option('--expires <duration>', "after this time, such as '90 days'; never unless said")
    .action(create);
  target(keys.command('list')).description('list the API keys, without their secrets').action(list);
  target(keys.command('rotate <id>'))
    .description('give an API key a new secret, and print it this once')
    .option('--grace <duration>', 'how long the secret before is good', '1 day')
    .action(rotate);
  target(keys.command('revoke <id>')).description('end an API key, at once and for ever').action(revoke);
}

async function create(name: string, { grant, expires, ...target }: Target & { grant: string[]; expires?: string }): Promise<void> {
  const expiresAt = expires === undefined ? undefined : new Date(Date.now() + toMilliseconds(expires as never)).toISOString();
  show(
    await ask<{ id: string; key: string }>(target, 'POST', '/v1/keys', { name, grants: grant, expiresAt }),
    target,
    'It is shown this once. Whoever has it may do what it grants.',
  );
}

async function list(target: Target): Promise<void> {
  const { keys } = await ask<{ keys: ApiKey[] }>(target, 'GET', '/v1/keys');
  if (target.json === true) return console.log(JSON.stringify(keys, undefined, 2));
  console.log(keys.length === 0 ? 'no keys' : table(keys.map(({ id, name, grants, ...rest }) => [id, name, grants.join(' '), stateOf(rest)])));
}

function stateOf({ revokedAt, expiresAt, lastUsedAt }: Partial<ApiKey>): string {
  if (revokedAt !== undefined) return `revoked ${revokedAt}`;
  if (expiresAt !== undefined && Date.parse(expiresAt) <= Date.now()) return `expired ${expiresAt}`;
  return [lastUsedAt === undefined ? 'never used' : `last used ${lastUsedAt}`, ...(expiresAt === undefined ? [] : [`expires ${expiresAt}`])].join(', ');
}

async function rotate(id: string, { grace, ...target }: Target & { grace: string }): Promise<void> {
  const milliseconds = toMilliseconds(grace as never);
  const rotated = await ask<{ id: string; key: string }>(target, 'POST', `/v1/keys/${encodeURIComponent(id)}/rotate`, {
    graceSeconds: Math.round(milliseconds / 1_000),
  });
  show(rotated, target, `The secret before it is good for ${formatDuration(milliseconds)} more.`);
}

async function revoke(id: string, target: Target): Promise<void> {
  const revoked = await ask<{ id: string }>(target, 'POST', `/v1/keys/${encodeURIComponent(id)}/revoke`);
  console.log(target.json === true ? JSON.stringify(revoked, undefined, 2) : `${revoked.id} is revoked`);
}

function ask<Answer>({ api, tenant }: Target, method: string, path: string, body?: unknown): Promise<Answer> {
  return request<Answer>(apiAddress(api), method, tenant === undefined ? path : `${path}?${new URLSearchParams({ tenant }).toString()}`, body);
}

/** The key alone goes to the output, so that it can be piped. */
function show(made: { id: string; key: string }, { json }: Target, note: string): void {
  console.log(json === true ? JSON.stringify(made, undefined, 2) : made.key);
  console.error(colors.dim(`Its id is ${made.id}. ${note}`));
}
