import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type * as z from 'zod';
import flinkRun from '../../../activities/flink/run.js';
import { type FlinkOutput, flinkJob } from '../../../activities/flink/steps.js';
import { runStep } from '../../../activities/run-step.fixture.js';
import { type RecordedContext, stepContext } from '../../../activities/step-context.fixture.js';
import { PermissionDeniedError, ValidationError } from '../../../sdk/index.js';
import type { StepContext } from '../../../sdk/node/index.js';
import { tryConnection } from '../../../worker/host/try-connection.js';
import { until } from '../../faults/until.js';
import { replaceWorker, startWorker } from '../../faults/worker-process.js';
import { makeAuthority } from '../../servers/certificates.js';
import { startTlsFront } from '../../servers/tls-front.js';
import { compileJob, type FlinkServer, startFlink } from '../flink.js';
import { openOwnGround } from '../own-ground.js';
import { startGate } from './gate.js';
import { runJar } from './pipelines/run-jar.js';

type Input = z.input<typeof flinkJob.input>;

interface Job {
  jid: string;
  name: string;
  state: string;
}

const long = 60_000;

describe('flink_job on a session cluster', () => {
  let flink: FlinkServer;
  let jar: string;
  const folder = mkdtempSync(join(tmpdir(), 'headrace-flink-jobs-'));

  beforeAll(async () => {
    [flink, jar] = [await startFlink(), await compileJob(join(import.meta.dirname, 'jobs/ProvingJob.java'))];
  });
  afterAll(async () => {
    await flink?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const connection = (more: { rest?: string; headers?: Record<string, string> } = {}) =>
    ({ kind: 'flink', rest: flink.rest, sqlGateway: flink.sqlGateway, headers: {}, ...more }) as const;

  /** What Flink itself lists. */
  async function jobs(): Promise<Map<string, Job>> {
    const { jobs: all } = (await (await fetch(`${flink.rest}/jobs/overview`)).json()) as { jobs: Job[] };
    return new Map(all.map((job) => [job.jid, job]));
  }

  function call(changes: Partial<StepContext> = {}, at = connection()): RecordedContext {
    return stepContext({ flink: at, jars: { kind: 'files', folder: dirname(jar) } }, { key: randomUUID(), ...changes });
  }

  const work = async (input: Input, context: StepContext = call()) => (await runStep(flinkRun, flinkJob, input, context)) as FlinkOutput;
  const ours = (...args: string[]) => ({ jar: { files: 'jars', path: 'job.jar' }, entryClass: 'ProvingJob', args });
  const stop = (job: string, context?: StepContext) => work({ on: 'flink', stop: { job } }, context);

  /** A job that runs until `go`. */
  async function working(changes: Partial<StepContext> = {}) {
    const go = join(folder, randomUUID());
    const context = call(changes);
    const input = { on: 'flink', run: ours('waits', go) };
    const ended = work(input, context);
    ended.catch(() => undefined);
    const beats = () => context.heartbeats as { outside: { handle: { job: string } }; progress?: { tasks?: { RUNNING?: number } } }[];
    const beat = await until(
      () => beats().at(-1),
      (it) => it?.progress?.tasks?.RUNNING !== undefined,
      { limit: long },
    );
    return { go: () => writeFileSync(go, ''), input, context, ended, job: beat?.outside.handle.job ?? '' };
  }

  test('runs a jar to its end, uploads it once, and gives what the job counted', { timeout: long }, async () => {
    const done = await work({ on: 'flink', run: ours('counts') });
    expect(done).toMatchObject({ state: 'FINISHED', rows: 100, engine: { name: 'Flink', link: `${flink.rest}/#/job/running/${done.job}/overview` } });
    expect((await jobs()).get(done.job)).toMatchObject({ name: 'proving counts', state: 'FINISHED' });
    await work({ on: 'flink', run: ours('counts') });
    const { files } = (await (await fetch(`${flink.rest}/jars`)).json()) as { files: { id: string }[] };
    expect(files).toHaveLength(1);
    expect(await work({ on: 'flink', run: { ...ours('counts'), jar: { id: files[0]?.id ?? '' } } })).toMatchObject({ state: 'FINISHED' });
  });

  test('runs SQL as one job with an id of ours', { timeout: long }, async () => {
    const prepare = [
      "CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '10')",
      `CREATE TABLE written (n BIGINT) WITH ('connector' = 'filesystem', 'format' = 'json', 'path' = '${join(folder, 'written')}')`,
    ];
    const key = randomUUID();
    const input = { on: 'flink', run: { prepare, statement: 'INSERT INTO written SELECT n FROM numbers' } };
    const done = await work(input, call({ key }));
    expect((await jobs()).get(done.job)).toMatchObject({ state: 'FINISHED' });
    expect(existsSync(join(folder, 'written'))).toBe(true);
    const before = (await jobs()).size;
    expect((await work(input, call({ key, attempt: 2 }))).job).toBe(done.job);
    expect((await jobs()).size).toBe(before);
  });

  test.each([
    ['a class that is not there', () => ({ ...ours('counts'), entryClass: 'Nobody' }), /Nobody/],
    ['a main method that refuses', () => ours(), /say what to do/],
    ['a jar that is not there', () => ({ ...ours('counts'), jar: { id: 'nobody.jar' } }), /has no jar 'nobody.jar'/],
    ['a mistake in its data', () => ours('divides'), /by zero/],
    ['SQL that is none', () => ({ statement: 'INSERT INT nowhere' }), /INSERT INT nowhere/],
    ['a table that is not there', () => ({ statement: 'INSERT INTO nowhere SELECT 1' }), /nowhere/],
  ])('%s is refused', { timeout: long }, async (_, run, message) => {
    const refused = work({ on: 'flink', run: run() });
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(ValidationError);
  });

  test('a job that fails is told with its cause, and the next attempt begins another', { timeout: long }, async () => {
    const key = randomUUID();
    const before = (await jobs()).size;
    for (const attempt of [1, 2]) {
      const failing = work({ on: 'flink', run: ours('fails') }, call({ key, attempt }));
      await expect(failing).rejects.toMatchObject({ code: 'work_failed', message: expect.stringContaining('boom on purpose') });
    }
    expect((await jobs()).size - before).toBe(2);
  });

  test('who may not is told so, and the key is not', { timeout: long }, async ({ onTestFinished }) => {
    const gate = await startGate(flink.rest, 'the-key-of-the-gate');
    onTestFinished(() => gate.close());
    const through = (key: string) => connection({ rest: gate.url, headers: { authorization: `Bearer ${key}` } });
    const refused = work({ on: 'flink', run: ours('counts') }, call({}, through('another-key-of-mine')));
    await expect(refused).rejects.toBeInstanceOf(PermissionDeniedError);
    await expect(refused).rejects.not.toThrow('another-key-of-mine');
    expect(await work({ on: 'flink', run: ours('counts') }, call({}, through('the-key-of-the-gate')))).toMatchObject({ state: 'FINISHED' });
    await expect(tryConnection(through('another-key-of-mine'), 'flink')).rejects.toBeInstanceOf(PermissionDeniedError);
  });

  test.each(['CANCELLED', 'TIMED_OUT'])('%s cancels the job', { timeout: long }, async (reason) => {
    const stopping = new AbortController();
    const { ended, job } = await working({ signal: stopping.signal });
    stopping.abort(new Error(reason));
    await expect(ended).rejects.toThrow(reason);
    await until(
      async () => (await jobs()).get(job)?.state,
      (state) => state === 'CANCELED',
    );
  });

  test('when the worker stops the job goes on, and the next attempt finds it', { timeout: long }, async () => {
    const stopping = new AbortController();
    const { ended, context, input, job, go } = await working({ signal: stopping.signal });
    const before = (await jobs()).size;
    stopping.abort(new Error('WORKER_SHUTDOWN'));
    await expect(ended).rejects.toThrow('WORKER_SHUTDOWN');
    const second = work(input, call({ key: context.key, attempt: 2, resumed: context.heartbeats.at(-1) }));
    go();
    expect(await second).toMatchObject({ job, state: 'FINISHED', rows: 100 });
    expect((await jobs()).size).toBe(before);
  });

  describe('a streaming job', () => {
    const streaming = { steadyFor: 1, checkpoints: 2 };

    test('is left running when it is healthy, and stopped once with a savepoint, from which another goes on', { timeout: 2 * long }, async () => {
      const { job, state } = await work({ on: 'flink', run: ours('streams'), streaming });
      expect([state, (await jobs()).get(job)?.state]).toEqual(['RUNNING', 'RUNNING']);
      const key = randomUUID();
      const stopped = await stop(job, call({ key }));
      expect(stopped).toMatchObject({ state: 'STOPPED', savepoint: expect.stringContaining(flink.folder) });
      expect((await jobs()).get(job)?.state).toBe('FINISHED');
      expect(await stop(job, call({ key, attempt: 2 }))).toMatchObject({ state: 'STOPPED', savepoint: stopped.savepoint });

      const next = await work({ on: 'flink', run: { ...ours('streams'), savepoint: stopped.savepoint }, streaming });
      const { counts } = (await (await fetch(`${flink.rest}/jobs/${next.job}/checkpoints`)).json()) as { counts: { restored: number } };
      expect(counts.restored).toBe(1);
      await stop(next.job);
    });

    test('that is gone needs no stop, and one without checkpoints is refused and cancelled', { timeout: long }, async () => {
      expect(await stop('f'.repeat(32))).toMatchObject({ state: 'GONE' });
      const endless = { ...ours('waits', join(folder, 'never')) };
      const context = call();
      await expect(work({ on: 'flink', run: endless, streaming }, context)).rejects.toThrow('makes no checkpoints');
      const { handle } = (context.heartbeats.at(-1) as { outside: { handle: { job: string } } }).outside;
      await until(
        async () => (await jobs()).get(handle.job)?.state,
        (state) => state === 'CANCELED',
      );
    });
  });

  test('a task manager that dies fails the attempt, and the next one begins the job anew', { timeout: 3 * long }, async () => {
    const { ended, context, input, go, job } = await working();
    await flink.taskManager.halt('SIGKILL');
    await expect(ended).rejects.toMatchObject({ code: 'work_failed' });
    await flink.taskManager.resume();
    go();
    const second = await work(input, call({ key: context.key, attempt: 2, resumed: context.heartbeats.at(-1) }));
    expect(second).toMatchObject({ state: 'FINISHED', rows: 100 });
    expect(second.job).not.toBe(job);
  });

  test('a job manager that restarts forgets its jobs, and the next attempt begins the job anew', { timeout: 3 * long }, async () => {
    const { ended, context, input, go } = await working();
    await flink.jobManager.halt('SIGKILL');
    await vi.waitFor(() => expect(context.lines.join()).toContain('does not answer'), { timeout: long });
    await flink.jobManager.resume();
    await expect(ended).rejects.toMatchObject({ code: 'work_lost' });
    go();
    const second = await work(input, call({ key: context.key, attempt: 2, resumed: context.heartbeats.at(-1) }));
    expect(second).toMatchObject({ state: 'FINISHED', rows: 100 });
    expect((await jobs()).size).toBe(1);
  });

  test('doctor tells versions, slots, and whether jars are taken', async () => {
    expect(await tryConnection(connection(), 'flink')).toMatch(
      new RegExp(`^Flink ${flink.version}, \\d of 4 slots are free on 1 task managers, takes jars, SQL gateway ${flink.version}$`),
    );
  });

  test('behind TLS it is trusted by the authority that `ca` names, and not without', async ({ onTestFinished }) => {
    const authority = makeAuthority();
    const front = await startTlsFront(new URL(flink.rest).host, authority, false);
    onTestFinished(() => front.close());
    const behind = { ...connection(), rest: `https://${front.address}`, sqlGateway: undefined };
    expect(await tryConnection({ ...behind, ca: authority.cert }, 'flink')).toMatch(/^Flink /);
    await expect(tryConnection(behind, 'flink')).rejects.toMatchObject({ code: 'bad_connection', fix: expect.stringContaining('`ca`') });
  });

  test('a worker that is killed in the middle: another goes on with the same job', { timeout: 3 * long }, async ({ onTestFinished }) => {
    const connections = { flink: connection(), jars: { kind: 'files', folder: dirname(jar) } };
    const here = await openOwnGround({ pipelines: join(import.meta.dirname, 'pipelines'), connections });
    onTestFinished(() => here.leave());
    const before = await jobs();
    const go = join(folder, randomUUID());
    const first = await startWorker(here);
    const { workflowId } = await here.client.start(runJar, { go });
    const begun = async () => [...(await jobs()).values()].filter(({ jid }) => !before.has(jid));
    await until(begun, ([job]) => job?.state === 'RUNNING', { limit: long });
    await replaceWorker(here, first, workflowId, long);
    writeFileSync(go, '');
    expect(await here.ended(workflowId)).toMatchObject({ status: 'SUCCEEDED', output: { rows: 100 } });
    expect((await begun()).map(({ state }) => state)).toEqual(['FINISHED']);
  });
});
