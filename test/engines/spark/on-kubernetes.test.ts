import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PermissionDeniedError, ValidationError } from '../../../sdk/index.js';
import { until } from '../../faults/until.js';
import { takeAway, untilItWaits } from '../held-object.js';
import { standIn } from '../kubelet.js';
import { Cluster, isAlive } from '../kubernetes/ground.js';
import { startKubernetes } from '../kubernetes.js';
import { sparkEnvironment, sparkHome } from '../spark.js';
import { type Input, Jobs, newCall, runJob } from './ground.js';
import { Operator, objectOf, type SparkApplication } from './operator.js';

const patience = 180_000;
const image = 'spark:4.0.5';

let on: Cluster;
let operator: Operator;

beforeAll(async () => {
  const home = await sparkHome();
  const environment = sparkEnvironment(home);
  on = new Cluster(await startKubernetes(standIn({ [image]: { ...environment, PATH: `${join(home, 'bin')}:${environment.PATH}` } })));
  operator = new Operator(on.cluster.config);
  await operator.install();
});
afterAll(() => on?.cluster.stop());

const call = (jobs: Jobs, changes: Parameters<typeof newCall>[1] = {}, who: 'worker' | 'stranger' = 'worker') =>
  newCall({ cluster: on.connection(who), shared: { kind: 'files', folder: jobs.folder } }, changes);
const stopped = (reason: string, begun: Promise<unknown>) => {
  const stop = new AbortController();
  void begun.then(() => stop.abort(new Error(reason)));
  return stop.signal;
};

describe('as a Job that runs spark-submit', () => {
  const job = { on: { as: 'job', connection: 'cluster', image, master: 'local[2]' } } as const satisfies Partial<Input>;

  test('a Python job gives its result, rows and lines', { timeout: patience }, async () => {
    const jobs = new Jobs();
    const application = jobs.python(`
import json, os, sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
rows = spark.range(int(sys.argv[1])).count()
print('counted')
json.dump({'rows': rows, 'partitions': spark.conf.get('spark.sql.shuffle.partitions')}, open(os.environ['HEADRACE_RESULT'], 'w'))`);
    const context = call(jobs);
    const output = await runJob({ ...job, application, args: ['1000'], conf: { 'spark.sql.shuffle.partitions': '3' } }, context);
    expect(output).toMatchObject({ result: { rows: 1_000, partitions: '3' }, rows: 1_000, engine: { name: 'Kubernetes' } });
    expect(context.lines).toContain('counted');
  });

  test('a jar runs with its arguments and settings', { timeout: patience }, async () => {
    const jobs = new Jobs();
    const application = jobs.jar(await sparkHome());
    const input = { ...job, application, mainClass: 'Counting', args: ['1000'], conf: { 'spark.headrace.test': 'a b' } };
    expect(await runJob(input, call(jobs))).toMatchObject({ result: { rows: 1_000, bytes: 7, said: 'a b' }, rows: 1_000, bytes: 7 });
  });

  test('an account without rights is refused', async () => {
    const jobs = new Jobs();
    await expect(runJob({ ...job, application: jobs.waiting() }, call(jobs, {}, 'stranger'))).rejects.toThrow(PermissionDeniedError);
  });

  test('a job that asks for a column that is not there is refused, and any other failure is tried again', { timeout: patience }, async () => {
    const jobs = new Jobs();
    const wrong = jobs.python('from pyspark.sql import SparkSession\nSparkSession.builder.getOrCreate().range(3).select("absent")');
    const error: unknown = await runJob({ ...job, application: wrong }, call(jobs)).catch((it: unknown) => it);
    expect(error).toBeInstanceOf(ValidationError);
    expect((error as Error).message).toContain('absent');
    const rough = jobs.python('raise RuntimeError("the sea is rough")');
    await expect(runJob({ ...job, application: rough }, call(jobs))).rejects.toMatchObject({
      code: 'work_failed',
      message: expect.stringContaining('the sea is rough'),
    });
    await expect(runJob({ ...job, application: jobs.python('raise SystemExit(65)') }, call(jobs))).rejects.toThrow(ValidationError);
  });

  test.each(['CANCELLED', 'TIMED_OUT'])('a step that is told %s ends it', { timeout: patience }, async (reason) => {
    const jobs = new Jobs();
    const ends = runJob({ ...job, application: jobs.waiting() }, call(jobs, { signal: stopped(reason, jobs.hasBegun()) }));
    await expect(ends).rejects.toThrow(reason);
    const process = await jobs.hasBegun();
    await until(
      () => isAlive(process),
      (alive) => !alive,
    );
  });

  test('one whose worker stops is gone on with', { timeout: patience }, async () => {
    const left = new Jobs();
    const context = call(left, { signal: stopped('WORKER_SHUTDOWN', left.hasBegun()) });
    const application = left.waiting();
    await expect(runJob({ ...job, application }, context)).rejects.toThrow('WORKER_SHUTDOWN');
    left.open();
    expect(await runJob({ ...job, application }, call(left, { key: context.key, attempt: 2 }))).toMatchObject({ rows: 3 });
    expect(left.processes()).toHaveLength(1);
    expect(await on.jobs(context)).toHaveLength(1);
  });
});

describe('as a SparkApplication, whose status the test writes as an operator would', () => {
  const application = {
    on: { as: 'application', connection: 'cluster', image, serviceAccount: 'spark' },
    application: 'local:///jobs/daily.py',
    args: ['2001-01-01'],
    conf: { 'spark.sql.shuffle.partitions': '3' },
    driver: { memory: '1g' },
    executor: { memory: '2g', instances: 4 },
  } as const satisfies Input;

  /** An application that its operator has begun. */
  async function working(changes: Parameters<typeof newCall>[1] = {}) {
    const jobs = new Jobs();
    const context = call(jobs, changes);
    const input = { ...application, result: { connection: 'shared' } };
    const ended = runJob(input, context);
    ended.catch(() => undefined);
    const made = await operator.taken();
    await operator.tell(made, 'RUNNING');
    await until(
      () => JSON.stringify(context.heartbeats),
      (beats) => beats.includes('RUNNING'),
    );
    const end = async (by = made) => {
      writeFileSync(join(jobs.folder, `${by.metadata.name}.json`), '{"rows":5}');
      await operator.tell(by, 'COMPLETED');
    };
    return { jobs, input, context, ended, made, end };
  }

  /** The next attempt of a call whose worker is gone. */
  async function goneOnWith(knows: 'what it heard' | 'nothing') {
    const stopping = new AbortController();
    const { jobs, input, context, ended, ...rest } = await working({ signal: stopping.signal });
    stopping.abort(new Error('WORKER_SHUTDOWN'));
    await expect(ended).rejects.toThrow('WORKER_SHUTDOWN');
    const resumed = knows === 'nothing' ? undefined : context.heartbeats.at(-1);
    const next = call(jobs, { key: context.key, attempt: 2, resumed });
    const begin = () => runJob(input, next);
    return { ...rest, next, begin };
  }

  test('it is made with the published fields, followed to its end, and its result is read', async () => {
    const jobs = new Jobs();
    const context = call(jobs);
    const running = runJob({ ...application, result: { connection: 'shared' } }, context);
    const made = await operator.taken();
    const { name } = made.metadata;
    const file = join(jobs.folder, `${name}.json`);
    expect(made.spec).toEqual({
      type: 'Python',
      mode: 'cluster',
      sparkVersion: '4.0.5',
      image,
      mainApplicationFile: 'local:///jobs/daily.py',
      arguments: ['2001-01-01'],
      sparkConf: { 'spark.sql.shuffle.partitions': '3' },
      restartPolicy: { type: 'Never' },
      timeToLiveSeconds: 86_400,
      driver: {
        cores: 1,
        memory: '1g',
        serviceAccount: 'spark',
        env: [
          { name: 'HEADRACE_KEY', value: context.key },
          { name: 'HEADRACE_RESULT', value: file },
        ],
      },
      executor: { cores: 1, memory: '2g', instances: 4 },
    });
    expect(made.metadata.labels).toMatchObject({ 'headrace/run': 'run-1' });
    writeFileSync(file, '{"rows":5}');
    await operator.tell(made, 'COMPLETED');
    expect(await running).toMatchObject({ rows: 5, engine: { name: 'Spark', id: name } });
    await operator.forget(made);
  });

  test.each([
    ['FAILED', 'driver container failed with ExitCode: 1, Reason: Error', { code: 'work_failed' }],
    ['SUBMISSION_FAILED', 'failed to run spark-submit: java.io.FileNotFoundException: daily.py', { name: 'ValidationError' }],
  ])('%s is told in its words: %s', async (state, words, wanted) => {
    const jobs = new Jobs();
    const running = runJob(application, call(jobs));
    running.catch(() => undefined);
    const made = await operator.taken();
    await operator.tell(made, state, words);
    await expect(running).rejects.toMatchObject({ ...wanted, message: expect.stringContaining(words) });
    await operator.forget(made);
  });

  test('where no operator takes it up, it is given up in time, told with what to look at, and deleted', async () => {
    const on = { ...application.on, startWithinSeconds: 2 };
    await expect(runJob({ ...application, on }, call(new Jobs()))).rejects.toMatchObject({
      code: 'work_failed',
      message: expect.stringMatching(/no operator took the SparkApplication up within 2 seconds/),
    });
    expect(await operator.applications()).toEqual([]);
  });

  test.each(['CANCELLED', 'TIMED_OUT'])('it is deleted when the step is told %s while it runs', async (reason) => {
    const stopping = new AbortController();
    const { ended } = await working({ signal: stopping.signal });
    stopping.abort(new Error(reason));
    await expect(ended).rejects.toThrow(reason);
    expect(await operator.applications()).toEqual([]);
  });

  test('an API server that is killed in the middle and comes back costs no attempt', { timeout: patience }, async () => {
    const { context, ended, made, end } = await working();
    await on.cluster.halt();
    await until(
      () => context.lines,
      (lines) => lines.some((line) => line.includes('does not answer')),
    );
    await on.cluster.resume();
    await end();
    expect(await ended).toMatchObject({ rows: 5, engine: { id: made.metadata.name } });
    expect((await operator.applications()).map(({ metadata }) => metadata.uid)).toEqual([made.metadata.uid]);
    await operator.forget(made);
  });

  test.each(['what it heard', 'nothing'] as const)('when the worker stops it goes on, and the next attempt finds it, which knows %s', async (knows) => {
    const { made, begin, end } = await goneOnWith(knows);
    const second = begin();
    await end();
    expect(await second).toMatchObject({ rows: 5, engine: { id: made.metadata.name } });
    expect((await operator.applications()).map(({ metadata }) => metadata.uid)).toEqual([made.metadata.uid]);
    await operator.forget(made);
  });

  test('it is lost when somebody deletes it, and not before it is gone', async () => {
    const { ended, context, made } = await working();
    const letGo = await takeAway(on.cluster.config, objectOf(made));
    await untilItWaits(context);
    await letGo();
    await expect(ended).rejects.toMatchObject({ code: 'work_lost' });
  });

  test.each(['what it heard', 'nothing'] as const)(
    'nothing is begun beside one that is still being taken away: the next attempt waits, which knows %s',
    {
      timeout: patience,
    },
    async (knows) => {
      const { made, next, begin, end } = await goneOnWith(knows);
      const letGo = await takeAway(on.cluster.config, objectOf(made));
      const second = begin();
      await untilItWaits(next);
      expect(await operator.applications()).toHaveLength(1);
      await letGo();
      const own = await until(
        async () => (await operator.applications()).find(({ metadata }) => metadata.uid !== made.metadata.uid),
        (found) => found !== undefined,
      );
      await end(own);
      expect(await second).toMatchObject({ rows: 5, engine: { id: own?.metadata.name } });
      await operator.forget(own as SparkApplication);
    },
  );

  test('an account without rights is refused', async () => {
    await expect(runJob(application, call(new Jobs(), {}, 'stranger'))).rejects.toThrow(PermissionDeniedError);
  });
});
