import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { buildTemporal } from './build-temporal.js';
import { findTemporal, type Source, temporalVersion } from './find-temporal.js';

let folder: string;
let onPath: string;
let cached: string;
/** The sources that were asked, in their order. */
let asked: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headrace-find-'));
  onPath = join(folder, 'bin/temporal');
  cached = join(folder, 'cache/headrace/temporal', temporalVersion, 'temporal');
  asked = [];
  vi.stubEnv('PATH', join(folder, 'bin'));
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const runs = '#!/bin/sh\necho temporal version 1.5.1\n';
const runsNot = '#!/bin/sh\necho wrong machine >&2; exit 1\n';

function put(file: string, script: string): void {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, script, { mode: 0o755 });
}

/** A source that gives this program, or has none. */
const source = (name: string, script?: string): Source => ({
  name,
  get: async (target) => {
    asked.push(name);
    if (script === undefined) throw new Error(`${name} is closed`);
    put(target, script);
  },
});
const find = (...sources: Source[]) => findTemporal(() => undefined, sources);

test('the one on PATH is taken, whatever the cache has', async () => {
  put(onPath, runs);
  put(cached, runs);
  expect(await find(source('download', runs))).toBe(onPath);
  expect(asked).toEqual([]);
});

test('the cached one is taken where PATH has none, or one that does not run', async () => {
  put(cached, runs);
  expect(await find(source('download', runs))).toBe(cached);
  put(onPath, runsNot);
  expect(await find(source('download', runs))).toBe(cached);
  expect(asked).toEqual([]);
});

test('else the first source that has one fills the cache, once', async () => {
  expect(await find(source('download', runs), source('build', runs))).toBe(cached);
  expect(await find(source('download', runs), source('build', runs))).toBe(cached);
  expect(asked).toEqual(['download']);
});

test.each([
  ['is closed', undefined],
  ['gives one that does not run here', runsNot],
])('a source that %s is followed by the next', async (_, script) => {
  expect(await find(source('download', script), source('build', runs))).toBe(cached);
  expect(asked).toEqual(['download', 'build']);
});

test('a cached one that does not run any more is replaced', async () => {
  put(cached, runsNot);
  expect(await find(source('download', runs))).toBe(cached);
  expect(asked).toEqual(['download']);
});

test('a build takes the Go that is on PATH, and leaves nothing beside the server', async () => {
  put(join(folder, 'bin/go'), `#!/bin/sh\necho "$*" > ${folder}/go.txt\nprintf '${runs}' > "$GOBIN/temporal"\n/bin/chmod 755 "$GOBIN/temporal"\n`);
  const build: Source = { name: 'build', get: (target, into, report) => buildTemporal(target, into, temporalVersion, report) };
  expect(await find(source('download'), build)).toBe(cached);
  expect(readFileSync(join(folder, 'go.txt'), 'utf8')).toContain(`install -ldflags -s -w github.com/temporalio/cli/cmd/temporal@${temporalVersion}`);
  expect(readdirSync(join(cached, '..')).filter((name) => !name.startsWith('owner-'))).toEqual(['temporal']);
});

test('where there is none, all that was tried is said, and the one command that helps', async () => {
  put(onPath, runsNot);
  await expect(find(source('download'), source('build', runsNot))).rejects.toMatchObject({
    code: 'no_temporal',
    message: expect.stringMatching(
      /bin\/temporal: .*\n {2}- cache: there is no .*\/temporal\n {2}- download: download is closed\n {2}- build: .*--version failed/,
    ),
    fix: expect.stringContaining(`go install github.com/temporalio/cli/cmd/temporal@${temporalVersion}`),
  });
});

test('of two that look at once, one gets it and the other waits for that', async () => {
  const reports: string[] = [];
  const slow: Source = {
    name: 'download',
    get: async (target) => {
      asked.push('download');
      while (reports.length === 0) await wait(5);
      put(target, runs);
    },
  };
  const both = [0, 1].map(() => findTemporal((line) => void reports.push(line), [slow]));
  expect(await Promise.all(both)).toEqual([cached, cached]);
  expect(asked).toEqual(['download']);
  expect(reports).toEqual([expect.stringContaining(`Waiting for pid ${process.pid}`)]);
});

test('where the cache cannot be written, that is what was tried', async () => {
  writeFileSync(join(folder, 'cache'), 'a file');
  await expect(find(source('download', runs))).rejects.toMatchObject({ code: 'no_temporal', message: expect.stringMatching(/cache: (EEXIST|ENOTDIR)/) });
});
