import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { appendAudit, openRegistry, type Registry } from '../registry/index.js';
import { program } from './program.js';

let state: string;

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'headrace-verify-'));
  writeFileSync(join(state, 'headrace.json'), '{}');
  vi.stubEnv('HEADRACE_SETTINGS', join(state, 'headrace.json'));
  vi.stubEnv('DATABASE_URL', undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
  process.exitCode = undefined;
  rmSync(state, { recursive: true });
});

async function withRegistry(work: (database: Registry['database']) => Promise<unknown>): Promise<void> {
  const registry = await openRegistry({ url: '', folder: join(state, 'registry') });
  await work(registry.database);
  await registry.close();
}

async function verify(...flags: string[]): Promise<{ said: string; code: typeof process.exitCode }> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await program().parseAsync(['registry', 'verify', '--state', state, ...flags], { from: 'user' });
  const said = log.mock.calls.flat().join('\n');
  log.mockRestore();
  return { said, code: process.exitCode };
}

const enter = (database: Registry['database']) =>
  appendAudit(database, ...['ada', 'bob', 'cyd'].map((actor) => ({ actor, action: 'run.cancel', subject: 'orders-1' })));

test('registry verify counts the entries of a whole audit log', async () => {
  await withRegistry(enter);
  const { said, code } = await verify();
  expect(said).toMatch(/^whole: 3 entries of the audit log as written; the last one's hash is [0-9a-f]{64}$/);
  expect(code).toBeUndefined();
});

test('registry verify names the entry that was changed, and fails', async () => {
  await withRegistry(async (database) => {
    await enter(database);
    await sql`alter table audit_log disable trigger user`.execute(database);
    await sql`update audit_log set actor = 'eve' where actor = 'bob'`.execute(database);
  });
  expect(await verify()).toEqual({ said: 'broken: entry 2 was changed; before it, 1 entry of the audit log as written', code: 1 });
  expect(JSON.parse((await verify('--json')).said)).toMatchObject({ entries: 1, broken: { id: 2, reason: 'changed' } });
});

test('registry verify makes no registry where there is none', async () => {
  await expect(verify()).rejects.toMatchObject({ code: 'registry_unreadable', fix: expect.stringMatching(/--state/) });
});
