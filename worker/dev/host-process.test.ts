import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, inject, test, vi } from 'vitest';
import { readSettings } from '../cli/settings.js';
import { folderOf } from '../host/folder.fixture.js';
import type { HostSettings } from './host-messages.js';
import { HostProcess, type Patience } from './host-process.js';
import { identify, isRunning, type ProcessIdentity } from './process-identity.js';

const patience: Patience = { load: 60_000, release: 60_000, drain: 60_000 };

// The process that is forked reads the sources.
vi.stubEnv('NODE_OPTIONS', '--import tsx');
const state = mkdtempSync(join(tmpdir(), 'headrace-host-'));
let host: HostProcess | undefined;
afterEach(() => host?.stop());
afterAll(() => rmSync(state, { recursive: true, force: true }));

test('a host that takes no notice is ended, so that the next one has its port', async () => {
  const [started, child] = start({ ...patience, release: 300 });
  process.kill(child.pid, 'SIGSTOP');
  expect(await started.release()).toBe(false);
  expect(isRunning(child)).toBe(false);
  await started.stop();
});

test('a module that loops for ever while it is loaded is said so, and its process is ended', async () => {
  const folder = folderOf({ 'looping.mjs': 'for (;;);' });
  const [started, child] = start({ ...patience, load: 3_000 });
  await expect(started.prepare(settings(folder))).rejects.toMatchObject({
    code: 'host_stuck',
    message: `Loading ${folder} took more than 3 seconds and was ended.`,
  });
  expect(isRunning(child)).toBe(false);
});

function start(within: Patience): [HostProcess, ProcessIdentity] {
  const before = children();
  host = new HostProcess(within);
  const pid = children().find((it) => !before.includes(it)) as number;
  return [host, identify(pid) as ProcessIdentity];
}

function children(): number[] {
  return readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ').map(Number);
}

function settings(folder: string): HostSettings {
  const { address } = inject('temporal');
  const { concurrency, namespace } = readSettings(folder);
  const folders = { cacheFolder: join(state, 'bundle'), registryFolder: join(state, 'registry') };
  return {
    ...folders,
    folder,
    settingsFile: join(folder, 'headrace.json'),
    address,
    namespace,
    concurrency,
    taskQueue: 'host-process',
    apiPort: 0,
    record: {},
    auth: undefined,
    limits: undefined,
    security: undefined,
  };
}
