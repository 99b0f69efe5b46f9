import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Api } from '../../sdk/api-client/index.js';
import { type Duration, formatDuration, toMilliseconds } from '../../sdk/authoring/duration.js';
import { addTarget, openApi, type Target } from './api.js';
import { type Form, note, show } from './output.js';
import { list } from './table.js';

interface OfTenant extends Target {
  tenant?: string;
}

/** keys create, list, rotate and revoke: they speak with the API. */
export function addApiKeys(keys: Command): void {
  const target = (it: Command) => addTarget(it).option('--tenant <tenant>', 'of this tenant; for the first admin key only');
  target(keys.command('create <name>'))
    .description('make an API key, and print it this once')
    .requiredOption('--grant <grant...>', 'a role: viewer, operator, approver, admin; or one on some pipelines: operator:sales_*')
    .option('--expires <duration>', "after this time, such as '90 days'; never unless said", readDuration)
    .action(create);
  target(keys.command('list')).description('list the API keys, without their secrets').action(listKeys);
  target(keys.command('rotate <id>'))
    .description('give an API key a new secret, and print it this once')
    .addOption(new Option('--grace <duration>', 'how long the secret before is good').argParser(readDuration).default(toMilliseconds('1 day'), '1 day'))
    .action(rotate);
  target(keys.command('revoke <id>')).description('end an API key, at once and for ever').action(revoke);
}

const longest = toMilliseconds('36500 days');

/** Milliseconds. @throws InvalidArgumentError */
function readDuration(text: string): number {
  const read = /^\d+(\.\d+)? (second|minute|hour|day)s?$/.test(text) ? toMilliseconds(text as Duration) : Number.NaN;
  if (read <= longest) return read;
  throw new InvalidArgumentError("It is a time such as '30 minutes' or '90 days', of 36500 days at most.");
}

async function create(name: string, { grant, expires, ...target }: OfTenant & { grant: string[]; expires?: number }): Promise<void> {
  const expiresAt = expires === undefined ? undefined : new Date(Date.now() + expires).toISOString();
  const made = await openApi(target).post('/v1/keys', { params: of(target), body: { name, grants: grant, expiresAt } });
  showKey(made, target, 'It is shown this once. Whoever has it may do what it grants.');
}

async function listKeys(target: OfTenant): Promise<void> {
  const { keys } = await openApi(target).get('/v1/keys', { params: of(target) });
  const rows = keys.map(({ id, name, grants, ...rest }) => [id, name, grants.join(' '), stateOf(rest)]);
  show(keys, target, list(['ID', 'NAME', 'GRANTS', 'STATE'], rows, 'no keys'));
}

function stateOf({ revokedAt, expiresAt, lastUsedAt }: Partial<Api<'ApiKey'>>): string {
  if (revokedAt !== undefined) return `revoked ${revokedAt}`;
  if (expiresAt !== undefined && Date.parse(expiresAt) <= Date.now()) return `expired ${expiresAt}`;
  return [lastUsedAt === undefined ? 'never used' : `last used ${lastUsedAt}`, ...(expiresAt === undefined ? [] : [`expires ${expiresAt}`])].join(', ');
}

async function rotate(id: string, { grace, ...target }: OfTenant & { grace: number }): Promise<void> {
  const rotated = await openApi(target).post('/v1/keys/{key}/rotate', {
    params: { ...of(target), path: { key: id } },
    body: { graceSeconds: Math.round(grace / 1_000) },
  });
  showKey(rotated, target, `The secret before it is good for ${formatDuration(grace)} more.`);
}

async function revoke(id: string, target: OfTenant): Promise<void> {
  const revoked = await openApi(target).post('/v1/keys/{key}/revoke', { params: { ...of(target), path: { key: id } } });
  show(revoked, target, `${revoked.id} is revoked`);
}

const of = ({ tenant }: OfTenant) => ({ query: { tenant } });

/** The key alone goes to the output, so that it can be piped. */
function showKey(made: Api<'MadeKey'>, form: Form, what: string): void {
  show(made, form, made.key);
  note(`Its id is ${made.id}. ${what}`);
}
