import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { monthlyWeather } from '../../../examples/first-pipeline/first-pipeline.js';
import { makeSigningKey } from '../../../worker/auth/signing-key.js';
import { freePort } from '../../../worker/dev/port.js';
import type { TemporalServer } from '../../../worker/dev/temporal-server.js';
import { busy } from '../../faults/pipelines/busy.js';
import { until } from '../../faults/until.js';
import { startTestTemporal } from '../../servers/temporal.js';
import { ask } from './ask.js';
import { baseFolder } from './base.js';
import { Buildah, type Image } from './buildah.js';
import { requireDebian } from './debian.js';
import { Ground, imageUser, pipelinesFolder, root, type Start, says, teamOf } from './ground.js';

// A worker bundles while it starts, which takes its time on a machine that does other things too.
vi.setConfig({ testTimeout: 240_000 });

const deploy = join(root, 'worker/deploy');
const pipelines = pipelinesFolder();
let buildah: Buildah;
let image: Image;
let temporal: TemporalServer;
let here: Ground;

beforeAll(async () => {
  requireDebian('buildah', 'debootstrap', 'runc');
  temporal = await startTestTemporal();
  buildah = new Buildah();
  await buildah.import('headrace-base', await baseFolder(), 'base.tar');
  const parameters = { BASE: 'localhost/headrace-base' };
  image = await buildah.build({ name: 'headrace', file: join(deploy, 'Dockerfile'), context: root, parameters });
});

afterAll(async () => {
  await temporal?.stop();
  await buildah?.remove();
  rmSync(pipelines, { recursive: true });
});

beforeEach(async () => void (here = await Ground.open(temporal)));
afterEach(() => here?.leave());

const works = /works on image-/;
const work = async (of = image, start: Start = { pipelines }) => {
  const begun = Date.now();
  const worker = here.start(of, start);
  await says(worker, works);
  console.log(`${of.name}: takes work ${((Date.now() - begun) / 1_000).toFixed(1)} s after its start`);
  return worker;
};

test('the image has the binary and what it needs, and nothing else', () => {
  const [base = 0, ours = 0] = image.layers;
  console.log(`image: ${base} MB of base and ${ours} MB of Headrace, built in ${Math.round(image.seconds)} s`);
  expect(image.config).toMatchObject({ User: '10001:10001', Entrypoint: ['headrace'], Cmd: ['worker', 'pipelines'], WorkingDir: '/app' });
  expect(ours).toBeLessThan(300);
  const modules = join(image.root, 'app/node_modules');
  expect(readdirSync(join(modules, '@temporalio/core-bridge/releases'))).toEqual([expect.stringMatching(/^(x86_64|aarch64)-unknown-linux-gnu$/)]);
  for (const development of ['typescript', 'vitest', '@temporalio/testing', 'vega-datasets']) expect(existsSync(join(modules, development))).toBe(false);
  expect(readdirSync(join(image.root, 'app')).sort()).toEqual(['.headrace', 'dist', 'node_modules', 'package.json', 'pipelines']);
  expect(readFileSync(join(image.root, 'etc/ssl/certs/ca-certificates.crt'), 'utf8')).toContain('BEGIN CERTIFICATE');
});

test('it hosts a mounted folder on a read-only root as user 10001, runs a pipeline to its end, and ends with 0 when it is told to', async () => {
  const port = String(await freePort());
  const worker = await work(image, { pipelines, environment: { HEADRACE_METRICS_HOST: '0.0.0.0', HEADRACE_METRICS_PORT: port } });
  const run = await here.client.start(monthlyWeather, { year: 2013 });
  expect(await run.result()).toEqual({ months: 12 });
  expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain('activity_type="load_data"');
  expect(await worker.stop()).toBe(0);
  expect(worker.output).not.toMatch(/EROFS|EACCES|ENOENT/);
  expect(readdirSync(here.state).sort()).toEqual(['.cache', 'lake']);
  expect(statSync(join(here.state, 'lake')).uid).toBe(imageUser);
});

test('a worker that is replaced under load drains: no run fails, and no step is done twice', async () => {
  const first = await work();
  const runs = await Promise.all(Array.from({ length: 20 }, (_, index) => here.client.start(busy, { name: `run-${index}`, steps: 4, milliseconds: 700 })));
  const journal = join(here.state, 'journal');
  const done = () => (existsSync(journal) ? readFileSync(journal, 'utf8').trim().split('\n') : []);
  await until(
    () => done().length,
    (count) => count > 5,
  );
  const second = await work();
  expect(await first.stop()).toBe(0);
  for (const run of runs) expect(await run.result()).toEqual({ done: 4 });
  for (const run of runs) expect(await run.status()).toMatchObject({ status: 'SUCCEEDED', retries: 0 });
  expect(new Set(done()).size).toBe(80);
  expect(done()).toHaveLength(80);
  expect(second.isOver).toBe(false);
});

test.each([[undefined], [['api', 'pipelines']]])('what is told to stop while it starts does so: %s', async (command) => {
  const container = here.start(image, { pipelines, command });
  await says(container, /monthly_weather/);
  expect(await container.stop()).toBe(0);
});

test('the same image serves the API to others, with its record in the state volume', async () => {
  const worker = await work();
  const port = await freePort();
  const adminKey = randomBytes(32).toString('hex');
  const command = ['api', 'pipelines', '--host', '0.0.0.0', '--port', String(port)];
  const api = here.start(image, { pipelines, command, environment: { HEADRACE_ADMIN_KEY: adminKey, HEADRACE_SIGNING_KEY: makeSigningKey().privateKey } });
  await says(api, /API http/);
  // As a kubelet does, and as requests through the chart's service come in.
  expect(await ask(port, '/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await ask(port, '/ready')).toMatchObject({ status: 200, body: { status: 'ready' } });
  const execute = (headers: Record<string, string>) => ask(port, '/v1/pipelines/monthly_weather/execute', headers, { year: 2014 });
  expect(await execute({})).toMatchObject({ status: 401 });
  const started = await execute({ authorization: `Bearer ${adminKey}` });
  expect(started).toMatchObject({ status: 201, body: { status: 'STARTED' } });
  expect(await here.client.run(started.body.workflowId as string).result()).toEqual({ months: 12 });
  expect(await api.stop()).toBe(0);
  expect(api.output).not.toMatch(/record of runs is not kept/);
  expect(readdirSync(join(here.state, 'registry'))).toContain('data');
  expect(await worker.stop()).toBe(0);
});

test('an image with pipelines and their packages in it has their bundle, and refuses another folder over them', async () => {
  const file = join(deploy, 'pipelines.Dockerfile');
  const baked = await buildah.build({ name: 'baked', file, context: pipelines, parameters: { HEADRACE: 'localhost/headrace' } });
  console.log(`image with pipelines: ${baked.layers.slice(2).join(' + ')} MB more, built in ${Math.round(baked.seconds)} s`);
  const worker = await work(baked, {});
  const [weather, team] = await Promise.all([here.client.start(monthlyWeather, { year: 2015 }), here.client.start(teamOf, {})]);
  expect(await weather.result()).toEqual({ months: 12 });
  expect(await team.result()).toBe('flights');
  expect(await worker.stop()).toBe(0);
  const others = here.start(baked, { pipelines: join(root, 'examples/airport-history') });
  expect(await others.exited).toBe(2);
  expect(others.output).toMatch(/stale_bundle/);
});
