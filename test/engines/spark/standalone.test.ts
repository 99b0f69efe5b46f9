import { randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { outsideId } from '../../../activities/outside/outside-id.js';
import { PermissionDeniedError, ValidationError } from '../../../sdk/index.js';
import { Connection } from '../../../sdk/node/index.js';
import { tryConnection } from '../../../worker/host/try-connection.js';
import type { BinaryProcess } from '../../faults/binary-process.js';
import { until } from '../../faults/until.js';
import { startWorker } from '../../faults/worker-process.js';
import { doctorSays } from '../doctor.js';
import { isAlive } from '../kubernetes/ground.js';
import { openOwnGround } from '../own-ground.js';
import { type SparkCluster, startSpark } from '../spark.js';
import { driversOf, type Input, Jobs, newCall, runJob } from './ground.js';
import { lateOnSpark } from './pipelines/late-on-spark.js';
import { onSpark } from './pipelines/on-spark.js';

/** A job starts in 5 to 30 seconds, by how busy the machine is. */
const patience = 180_000;
const secret = randomBytes(32);
const job = { on: { as: 'standalone', connection: 'spark' } } as const satisfies Partial<Input>;

let cluster: SparkCluster;
let token: string;

beforeAll(async () => {
  token = await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setSubject('headrace').sign(secret);
  cluster = await startSpark({
    'spark.master.rest.filters': 'org.apache.spark.ui.JWSFilter',
    'spark.org.apache.spark.ui.JWSFilter.param.secretKey': secret.toString('base64url'),
  });
});
afterAll(() => cluster?.stop());

const connection = (changes: object = {}) => ({ kind: 'spark' as const, rest: cluster.rest, ui: cluster.ui, token, ...changes });
const call = (jobs: Jobs, changes: Parameters<typeof newCall>[1] = {}) =>
  newCall({ spark: connection(), shared: { kind: 'files', folder: jobs.folder } }, changes);
const result = { connection: 'shared' };
const stopped = (reason: string, begun: Promise<unknown>) => {
  const stop = new AbortController();
  void begun.then(() => stop.abort(new Error(reason)));
  return stop.signal;
};

test('a jar runs with its arguments and settings, and its result, rows and bytes come back', { timeout: patience }, async () => {
  const jobs = new Jobs();
  const application = jobs.jar(cluster.home);
  const done = await runJob({ ...job, application, mainClass: 'Counting', args: ['1000'], conf: { 'spark.headrace.test': 'a b' }, result }, call(jobs));
  expect(done).toEqual({
    result: { rows: 1_000, bytes: 7, said: 'a b' },
    rows: 1_000,
    bytes: 7,
    engine: { name: 'Spark', id: expect.stringMatching(/^headrace-[0-9a-f]{24}$/), link: cluster.ui },
    cost: { wallSeconds: expect.any(Number), coreSeconds: done.cost?.wallSeconds },
  });
  // One executor with one core.
  expect(done.cost?.coreSeconds).toBeGreaterThan(0);
});

test('a Python job that asks for a table that is not there is refused in its own words, and not tried again', { timeout: patience }, async () => {
  const jobs = new Jobs();
  const application = jobs.python('from pyspark.sql import SparkSession\nSparkSession.builder.getOrCreate().sql("SELECT * FROM nowhere")');
  const error: unknown = await runJob({ ...job, application }, call(jobs)).catch((it: unknown) => it);
  expect(error).toBeInstanceOf(ValidationError);
  expect((error as Error).message).toMatch(/TABLE_OR_VIEW_NOT_FOUND.*`nowhere` cannot be found/s);
});

test.each([
  ['a file that is not there', () => ({ application: '/nowhere/job.py' })],
  ['a class that is not there', (jobs: Jobs) => ({ application: jobs.jar(cluster.home), mainClass: 'Missing' })],
  [
    'a job that says that trying again cannot help',
    (jobs: Jobs) => ({ application: jobs.python('print("headrace: refused: no such day")\nraise SystemExit(1)') }),
  ],
])('%s is refused', { timeout: patience }, async (_, input) => {
  const jobs = new Jobs();
  await expect(runJob({ ...job, ...input(jobs) }, call(jobs))).rejects.toThrow(ValidationError);
});

test('any other failure is tried again, as a driver of its own', { timeout: patience }, async () => {
  const jobs = new Jobs();
  const context = call(jobs);
  await expect(runJob({ ...job, application: jobs.python('raise RuntimeError("the sea is rough")') }, context)).rejects.toMatchObject({
    code: 'work_failed',
    message: expect.stringContaining('RuntimeError: the sea is rough'),
  });
  const second = await runJob({ ...job, application: jobs.python('pass') }, call(jobs, { key: context.key, attempt: 2 }));
  expect(second).toMatchObject({ result: null, engine: { id: expect.stringMatching(/-2$/) } });
});

test('without a token, or with one that another key signed, nothing is done', { timeout: patience }, async () => {
  const jobs = new Jobs();
  const forged = await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).sign(randomBytes(32));
  for (const wrong of [{ token: undefined }, { token: forged }]) {
    const context = newCall({ spark: connection(wrong) });
    await expect(runJob({ ...job, application: jobs.python('pass') }, context)).rejects.toThrow(PermissionDeniedError);
  }
});

test.each(['CANCELLED', 'TIMED_OUT'])('a step that is told %s ends its driver', { timeout: patience }, async (reason) => {
  const jobs = new Jobs();
  const context = call(jobs, { signal: stopped(reason, jobs.hasBegun()) });
  await expect(runJob({ ...job, application: jobs.waiting(), result }, context)).rejects.toThrow(reason);
  const process = await jobs.hasBegun();
  await until(
    async () => [await driversOf(cluster, outsideId(context.key, 1)), isAlive(process)] as const,
    ([states, alive]) => states.join() === 'KILLED' && !alive,
  );
});

test('a worker that stops leaves its driver running; the next attempt finds it by its name, also when nothing was heard of it', {
  timeout: patience,
}, async () => {
  const jobs = new Jobs();
  const application = jobs.waiting();
  const context = call(jobs, { signal: stopped('WORKER_SHUTDOWN', jobs.hasBegun()) });
  await expect(runJob({ ...job, application, result }, context)).rejects.toThrow('WORKER_SHUTDOWN');
  const second = runJob({ ...job, application, result }, call(jobs, { key: context.key, attempt: 2 }));
  jobs.open();
  const { engine, rows } = await second;
  expect(rows).toBe(3);
  expect(jobs.processes()).toHaveLength(1);
  expect(await driversOf(cluster, engine.id)).toHaveLength(1);
});

test('a master that is killed in the middle and comes back costs no attempt', { timeout: patience }, async () => {
  const jobs = new Jobs();
  const context = call(jobs);
  const running = runJob({ ...job, application: jobs.waiting(), result }, context);
  await jobs.hasBegun();
  await cluster.halt();
  await until(
    () => context.lines,
    (lines) => lines.some((line) => line.includes('does not answer')),
  );
  await cluster.resume();
  jobs.open();
  const { engine, rows } = await running;
  expect(rows).toBe(3);
  expect(jobs.processes()).toHaveLength(1);
  expect(await driversOf(cluster, engine.id)).toHaveLength(1);
});

/** The master is killed, and comes back; it recovers, and takes no request, until its worker is thawed. */
async function recovering(): Promise<{ end(): Promise<void> }> {
  cluster.freezeWorker();
  await cluster.halt();
  const back = cluster.resume();
  onTestFinished(() => back);
  onTestFinished(() => cluster.thawWorker());
  const status = () =>
    fetch(`${cluster.ui}/json/`).then(
      async (answer) => ((await answer.json()) as { status: string }).status,
      () => 'not there',
    );
  await until(status, (it) => it === 'RECOVERING', { limit: 60_000 });
  return {
    end: async () => {
      cluster.thawWorker();
      await back;
    },
  };
}

test('a master that recovers does not know its drivers yet: it is waited for, and nothing is begun again', { timeout: patience }, async () => {
  const jobs = new Jobs();
  const application = jobs.waiting();
  const context = call(jobs, { signal: stopped('WORKER_SHUTDOWN', jobs.hasBegun()) });
  await expect(runJob({ ...job, application, result }, context)).rejects.toThrow('WORKER_SHUTDOWN');
  const recovery = await recovering();
  const next = call(jobs, { key: context.key, attempt: 2, resumed: context.heartbeats.at(-1) });
  const second = runJob({ ...job, application, result }, next);
  await until(
    () => next.lines,
    (lines) => lines.some((line) => line.includes('RECOVERING')),
  );
  await recovery.end();
  jobs.open();
  const { engine, rows } = await second;
  expect([rows, engine.id, jobs.processes().length]).toEqual([3, outsideId(context.key, 1), 1]);
});

test('a driver whose step is cancelled while the master recovers is ended once it has', { timeout: patience }, async () => {
  const jobs = new Jobs();
  const stop = new AbortController();
  const context = call(jobs, { signal: stop.signal });
  const told = expect(runJob({ ...job, application: jobs.waiting(), result }, context)).rejects.toThrow('CANCELLED');
  const process = await jobs.hasBegun();
  const recovery = await recovering();
  stop.abort(new Error('CANCELLED'));
  const isToldAgain = until(
    () => context.lines,
    (lines) => lines.some((line) => /told again to stop .*RECOVERING/.test(line)),
  );
  await Promise.race([told, isToldAgain]);
  await recovery.end();
  await told;
  await until(
    async () => [await driversOf(cluster, outsideId(context.key, 1)), isAlive(process)] as const,
    ([states, alive]) => states.join() === 'KILLED' && !alive,
  );
});

test('doctor says what it finds, and what it may not', async () => {
  expect(await tryConnection(Connection.parse(connection()), 'spark')).toBe('Spark 4.0.5, 1 worker');
  await expect(tryConnection(Connection.parse(connection({ token: 'forged' })), 'spark')).rejects.toThrow(PermissionDeniedError);
});

test('the doctor command prints what is wrong with a connection, and what to do', async () => {
  const told = await doctorSays({ forged: connection({ token: 'forged' }), swapped: connection({ rest: cluster.ui, ui: cluster.rest }) });
  expect(told).toEqual({
    forged: expect.stringMatching(/^✗ .*refuses the request \(40[13]\).*\n fix: /),
    swapped: expect.stringMatching(/^✗ [^✗]*\n fix: rest is the address of the master's REST submission API/),
  });
});

test.each([
  ['killed in the middle', (worker: BinaryProcess) => worker.kill()],
  ['replaced by a deploy', async (worker: BinaryProcess) => expect(await worker.stop()).toBe(0)],
])('a worker that is %s: another one goes on with the driver, which was begun once', { timeout: patience + 60_000 }, async (_, end) => {
  const jobs = new Jobs();
  const connections = { spark: connection(), shared: { kind: 'files', folder: jobs.folder } };
  const ground = await openOwnGround({ pipelines: `${import.meta.dirname}/pipelines`, connections });
  onTestFinished(() => ground.leave());
  const first = await startWorker(ground, ['--drain', '1']);
  const run = await ground.client.start(onSpark, { application: jobs.waiting() });
  const process = await jobs.hasBegun();
  await end(first);
  expect(isAlive(process)).toBe(true);
  await startWorker(ground);
  jobs.open();
  expect(await ground.ended(run.workflowId, patience)).toMatchObject({ status: 'SUCCEEDED', output: { result: { rows: 3 } }, retries: 1 });
  expect(jobs.processes()).toEqual([process]);
  expect(await driversOf(cluster, outsideId(`${run.workflowId}/${run.runId}/spark_job#1`, 1))).toHaveLength(1);
});

test('a step whose time is over in Temporal ends its driver, and the next attempt begins another', { timeout: 2 * patience }, async () => {
  const jobs = new Jobs();
  const connections = { spark: connection(), shared: { kind: 'files', folder: jobs.folder } };
  const ground = await openOwnGround({ pipelines: `${import.meta.dirname}/pipelines`, connections });
  onTestFinished(() => ground.leave());
  await startWorker(ground);
  const run = await ground.client.start(lateOnSpark, { application: jobs.waiting() });
  const first = await jobs.hasBegun();
  const key = `${run.workflowId}/${run.runId}/spark_job#1`;
  const states = async (number: number) => (await driversOf(cluster, `"-Dspark.app.name=${outsideId(key, number)}"`)).join();
  await until(
    async () => [await states(1), isAlive(first)] as const,
    ([state, alive]) => state === 'KILLED' && !alive,
    { limit: patience },
  );
  jobs.open();
  expect(await ground.ended(run.workflowId, patience)).toMatchObject({ status: 'SUCCEEDED', output: { result: { rows: 3 } } });
  const later = [await states(2), await states(3), await states(4)];
  expect([await states(1), later.filter((state) => state === 'FINISHED')]).toEqual(['KILLED', ['FINISHED']]);
});
