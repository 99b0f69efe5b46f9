import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FlinkObject } from '../../../activities/flink/flink-object.js';
import { PermissionDeniedError, ValidationError } from '../../../sdk/index.js';
import { Connection } from '../../../sdk/node/index.js';
import { tryConnection } from '../../../worker/host/try-connection.js';
import { until } from '../../faults/until.js';
import { replaceWorker, startWorker } from '../../faults/worker-process.js';
import { takeAway, untilItWaits } from '../held-object.js';
import { openOwnGround } from '../own-ground.js';
import { type As, OperatedFlink } from './operated.js';
import { runInSession } from './pipelines/run-in-session.js';

const long = 420_000;
const deployment = { as: 'deployment', connection: 'cluster' } as const;
const sessionJob = { as: 'session_job', connection: 'cluster' } as const;

let flink: OperatedFlink;
let count = 0;

beforeAll(async () => {
  flink = await OperatedFlink.start();
});
afterAll(() => flink?.stop());

const application = async (...args: string[]) => ({ ...(await flink.small()), jar: `local://${flink.jar}`, entryClass: 'ProvingJob', args });

describe('a job on a cluster of its own', () => {
  test('is followed to its end, begun once, and its cluster goes', { timeout: long }, async () => {
    const context = flink.call();
    const on = { ...deployment, page: 'https://flink.example.com/{{namespace}}/{{name}}/' };
    const run = await application('counts');
    const done = await flink.run({ on, run }, context);
    const link = `https://flink.example.com/default/${done.job}/`;
    expect(done).toMatchObject({ state: 'FINISHED', engine: { name: 'Flink', id: done.job, link } });
    expect(await flink.objects('deployment', context)).toMatchObject([{ metadata: { name: done.job, annotations: { 'headrace/ended': 'FINISHED' } } }]);
    await until(
      () => flink.pods(done.job),
      (pods) => pods.length === 0,
      { limit: long },
    );
    await flink.seesAgain(); // what it took away itself is not missed
    expect(await flink.pods(done.job)).toEqual([]);
    expect(await flink.run({ on, run }, flink.call({ key: context.key, attempt: 2 }))).toEqual(done);
    expect(await flink.objects('deployment', context)).toHaveLength(1);
  });

  test('that never ends is left running when it is steady, and stopped with a savepoint', { timeout: long }, async () => {
    const { job, state } = await flink.run({ on: deployment, run: await application('streams'), streaming: { steadyFor: 2 } });
    expect(state).toBe('RUNNING');
    const stop = flink.call();
    const stopped = await flink.run({ on: deployment, stop: { job } }, stop);
    expect(stopped).toMatchObject({ state: 'STOPPED', savepoint: expect.stringContaining(join(flink.folder, 'savepoints')) });
    expect(await flink.run({ on: deployment, stop: { job } }, flink.call({ key: stop.key, attempt: 2 }))).toEqual(stopped);
  });

  test('whose image is not there is told at once, and taken away', { timeout: long }, async () => {
    const context = flink.call();
    const run = { ...(await application('counts')), image: 'flink:absent' };
    await expect(flink.run({ on: deployment, run }, context)).rejects.toMatchObject({ code: 'work_failed', message: expect.stringContaining('flink:absent') });
    await until(
      () => flink.objects('deployment', context),
      (objects) => objects.length === 0,
      { limit: long },
    );
  });

  test('of a version that the operator does not know is refused by the API server', async () => {
    const run = { ...(await application('counts')), flinkVersion: 'v9_9' };
    await expect(flink.run({ on: deployment, run })).rejects.toThrow(ValidationError);
  });
});

describe('with a session cluster beside', () => {
  let cluster: string;

  beforeAll(async () => {
    const run = { session: true as const, ...(await flink.small({ 'taskmanager.numberOfTaskSlots': '8' })) };
    const { job, state } = await flink.run({ on: deployment, run });
    expect(state).toBe('RUNNING');
    cluster = job;
  }, long);

  const work = (...args: string[]) => ({ on: sessionJob, run: { cluster, jar: `file://${flink.jar}`, entryClass: 'ProvingJob', args } });

  const input = async (as: As, ...args: string[]) => (as === 'session_job' ? work(...args) : { on: deployment, run: await application(...args) });

  /** A job that is seen running. One that waits does so until `go`. */
  async function working(as: As, changes: Parameters<OperatedFlink['call']>[0] = {}, how = 'waits') {
    count += 1;
    const go = join(flink.folder, `go-${count}`);
    const context = flink.call(changes);
    const wanted = await input(as, how, go);
    const ended = flink.run(wanted, context);
    ended.catch(() => undefined);
    await until(
      () => JSON.stringify(context.heartbeats.at(-1) ?? ''),
      (beat) => beat.includes('"state":"RUNNING"'),
      { limit: long },
    );
    const [begun] = await flink.objects(as, context);
    return { wanted, context, ended, begun: begun as FlinkObject, go: () => writeFileSync(go, '') };
  }

  test('a job of it is followed to its end', { timeout: long }, async () => {
    const context = flink.call();
    const done = await flink.run(work('counts'), context);
    expect(done).toMatchObject({ state: 'FINISHED', engine: { name: 'Flink', id: done.job } });
    expect(await flink.objects('session_job', context)).toMatchObject([{ metadata: { name: done.job }, spec: { deploymentName: cluster } }]);
  });

  describe.each(['session_job', 'deployment'] as const)('a job as a %s', (as) => {
    test('one whose main method refuses is told in its words', { timeout: long }, async () => {
      const context = flink.call();
      await expect(flink.run(await input(as, 'nothing'), context)).rejects.toMatchObject({
        name: 'ValidationError',
        message: expect.stringContaining('say what to do'),
      });
      for (const { metadata } of await flink.objects(as, context)) await flink.remove(metadata.name, as);
    });

    test('an account without rights is refused', async () => {
      await expect(flink.run(await input(as, 'counts'), flink.call({}, 'stranger'))).rejects.toThrow(PermissionDeniedError);
    });

    test.each(['CANCELLED', 'TIMED_OUT'])('%s takes the job away', { timeout: long }, async (reason) => {
      const stopping = new AbortController();
      const { ended, context, begun } = await working(as, { signal: stopping.signal });
      stopping.abort(new Error(reason));
      await expect(ended).rejects.toThrow(reason);
      await until(
        async () => [...(await flink.objects(as, context)), ...(await flink.pods(begun.metadata.name))],
        (left) => left.length === 0,
        { limit: long },
      );
    });

    test('when the worker stops the job goes on, and the next attempt finds it', { timeout: long }, async () => {
      const stopping = new AbortController();
      const { ended, context, wanted, begun, go } = await working(as, { signal: stopping.signal });
      stopping.abort(new Error('WORKER_SHUTDOWN'));
      await expect(ended).rejects.toThrow('WORKER_SHUTDOWN');
      const second = flink.run(wanted, flink.call({ key: context.key, attempt: 2, resumed: context.heartbeats.at(-1) }));
      go();
      expect(await second).toMatchObject({ state: 'FINISHED', job: begun.metadata.name });
      expect((await flink.objects(as, context)).map(({ metadata }) => metadata.uid)).toEqual([begun.metadata.uid]);
    });

    test('an API server that is killed in the middle and comes back costs no attempt', { timeout: long }, async () => {
      const { ended, context, begun, go } = await working(as);
      await flink.cluster.halt();
      await until(
        () => context.lines,
        (lines) => lines.some((line) => line.includes('does not answer')),
      );
      await flink.cluster.resume();
      go();
      expect(await ended).toMatchObject({ state: 'FINISHED' });
      expect((await flink.objects(as, context)).map(({ metadata }) => metadata.uid)).toEqual([begun.metadata.uid]);
    });
  });

  test.each([
    ['divides', 'by zero', { name: 'ValidationError' }],
    ['fails', 'boom on purpose', { code: 'work_failed' }],
  ])('one that %s is told with its cause: %s', { timeout: long }, async (how, words, wanted) => {
    await expect(flink.run(work(how))).rejects.toMatchObject({ ...wanted, message: expect.stringContaining(words) });
  });

  test('one that somebody deletes is lost, and not before it is gone', { timeout: long }, async () => {
    const { ended, context, begun } = await working('session_job');
    const letGo = await takeAway(flink.cluster.config, flink.named('session_job', begun));
    await untilItWaits(context);
    await until(
      async () => (await flink.objects('session_job', context)).map(({ metadata }) => metadata.finalizers?.length),
      (finalizers) => finalizers.join() === '1', // the operator has done its part
      { limit: long },
    );
    await letGo();
    await expect(ended).rejects.toMatchObject({ code: 'work_lost' });
  });

  test('one that somebody stops with a savepoint has not come to its end', { timeout: long }, async () => {
    const { wanted, ended, begun } = await working('session_job', {}, 'streams');
    const job = begun.metadata.name;
    expect(await flink.run({ on: wanted.on, stop: { job } })).toMatchObject({ state: 'STOPPED' });
    await expect(ended).rejects.toMatchObject({ code: 'work_failed', message: expect.stringContaining('suspended') });
    await flink.remove(job, 'session_job');
  });

  test('one that never ends is stopped with a savepoint, from which another goes on', { timeout: long }, async () => {
    const endless = work('streams');
    const streaming = { steadyFor: 1 };
    const { job } = await flink.run({ ...endless, streaming });
    const stopped = await flink.run({ on: sessionJob, stop: { job } });
    expect(stopped).toMatchObject({ job, state: 'STOPPED', savepoint: expect.stringContaining('savepoint') });
    const next = await flink.run({ ...endless, run: { ...endless.run, savepoint: stopped.savepoint }, streaming });
    expect(await flink.log(cluster)).toMatch(new RegExp(`from savepoint.*${stopped.savepoint?.split('/').at(-1)}`));
    await flink.remove(next.job, 'session_job');
  });

  test('a stop of one that has ended, or that nobody knows, finds nothing', { timeout: long }, async () => {
    const { job } = await flink.run(work('counts'));
    expect(await flink.run({ on: sessionJob, stop: { job } })).toMatchObject({ state: 'GONE' });
    expect(await flink.run({ on: sessionJob, stop: { job: 'nobody' } })).toMatchObject({ state: 'GONE' });
  });

  test('a worker that is killed in the middle: another goes on with the same job', { timeout: 2 * long }, async ({ onTestFinished }) => {
    const here = await openOwnGround({ pipelines: join(import.meta.dirname, 'pipelines'), connections: { cluster: flink.connection() } });
    onTestFinished(() => here.leave());
    const go = join(flink.folder, 'go-on');
    const first = await startWorker(here);
    const { workflowId, runId } = await here.client.start(runInSession, { cluster, jar: `file://${flink.jar}`, go });
    const begun = () => flink.objectsOfRun('session_job', runId);
    await until(begun, ([job]) => job?.status?.jobStatus?.state === 'RUNNING', { limit: long });
    await replaceWorker(here, first, workflowId, long);
    writeFileSync(go, '');
    expect(await here.ended(workflowId)).toMatchObject({ status: 'SUCCEEDED', output: { state: 'FINISHED' } });
    expect(await begun()).toHaveLength(1);
  });

  test('the cluster itself is stopped', { timeout: long }, async () => {
    expect(await flink.run({ on: deployment, stop: { job: cluster } })).toMatchObject({ state: 'STOPPED' });
    await until(
      () => flink.pods(cluster),
      (pods) => pods.length === 0,
      { limit: long },
    );
  });
});

test('doctor says what a connection may do with its objects', async () => {
  expect(await tryConnection(Connection.parse(flink.connection()), 'cluster')).toMatch(/, flinkdeployments too, flinksessionjobs too$/);
});

describe('when the operator is gone', () => {
  beforeAll(() => flink.operator.halt('SIGKILL'));

  test('what it does not take up is given up, and taken away', { timeout: long }, async () => {
    const context = flink.call();
    const run = { ...(await flink.small()), session: true as const, startWithinSeconds: 2 };
    await expect(flink.run({ on: deployment, run }, context)).rejects.toMatchObject({ code: 'work_failed', message: expect.stringContaining('did not start') });
    expect(await flink.objects('deployment', context)).toEqual([]);
  });

  test.each([
    ['deployment', 'what it heard'],
    ['deployment', 'nothing'],
    ['session_job', 'what it heard'],
    ['session_job', 'nothing'],
  ] as const)('nothing is begun beside a %s that is still being taken away: the next attempt waits, which knows %s', { timeout: long }, async (as, knows) => {
    const [stopping, cancelling] = [new AbortController(), new AbortController()];
    const context = flink.call({ signal: stopping.signal });
    const run =
      as === 'deployment' ? { on: deployment, run: await application() } : { on: sessionJob, run: { cluster: 'gone', jar: 'https://nowhere/job.jar' } };
    const first = flink.run(run, context);
    await until(
      () => context.heartbeats.length,
      (beats) => beats > 0,
    );
    stopping.abort(new Error('WORKER_SHUTDOWN'));
    await expect(first).rejects.toThrow('WORKER_SHUTDOWN');
    const [last] = await flink.objects(as, context);
    const letGo = await takeAway(flink.cluster.config, flink.named(as, last as FlinkObject));
    const resumed = knows === 'nothing' ? undefined : context.heartbeats.at(-1);
    const next = flink.call({ key: context.key, attempt: 2, resumed, signal: cancelling.signal });
    const second = flink.run(run, next);
    await untilItWaits(next);
    expect(await flink.objects(as, context)).toHaveLength(1);
    await letGo();
    const [own] = await until(
      () => flink.objects(as, context),
      ([found]) => found !== undefined && found.metadata.uid !== last?.metadata.uid,
    );
    expect(own?.metadata.deletionTimestamp).toBeUndefined();
    cancelling.abort(new Error('CANCELLED'));
    await expect(second).rejects.toThrow('CANCELLED');
    expect(await flink.objects(as, context)).toEqual([]);
  });
});
