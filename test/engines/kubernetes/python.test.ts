import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { PermissionDeniedError, ValidationError } from '../../../sdk/index.js';
import { Connection } from '../../../sdk/node/index.js';
import { tryConnection } from '../../../worker/host/try-connection.js';
import { until } from '../../faults/until.js';
import { doctorSays } from '../doctor.js';
import { untilItWaits } from '../held-object.js';
import { standIn } from '../kubelet.js';
import { startKubernetes } from '../kubernetes.js';
import { Cluster, image, isAlive, Meeting } from './ground.js';

let on: Cluster;

beforeAll(async () => void (on = new Cluster(await startKubernetes(standIn({ [image]: {} })))));
afterAll(() => on?.cluster.stop());

const give = (expression: string) => `import json, os, sys\njson.dump(${expression}, open(os.environ['HEADRACE_RESULT'], 'w'))`;
const stopped = (reason: string, begun: Promise<unknown>) => {
  const stop = new AbortController();
  void begun.then(() => stop.abort(new Error(reason)));
  return stop.signal;
};

describe('a script that runs as a Job', () => {
  test('reads its input, arguments and environment, and gives its result, its lines and its Job', async () => {
    const context = on.context();
    const code = `print("one")\nprint("two")\n${give('{"got": json.load(sys.stdin), "args": sys.argv[1:], "mode": os.environ["MODE"]}')}`;
    const output = await on.run(
      code,
      context,
      {},
      { input: { day: '2001-01-01', text: 'é' }, args: ['a b', '$$ $(MODE)'], environment: { KIND: 'some', MODE: '$(KIND) $$' } },
    );
    const [job] = await on.jobs(context);
    expect(output).toEqual({
      result: { got: { day: '2001-01-01', text: 'é' }, args: ['a b', '$$ $(MODE)'], mode: '$(KIND) $$' },
      lines: 2,
      engine: { name: 'Kubernetes', id: job?.metadata?.name },
      cost: { cpuSeconds: expect.any(Number), wallSeconds: expect.any(Number), peakMemoryBytes: expect.any(Number) },
    });
    expect(context.lines).toEqual(['one', 'two']);
    expect(job?.metadata).toMatchObject({
      labels: { 'headrace/run': 'run-1', 'headrace/call': 'step-1' },
      annotations: { 'headrace/workflow': 'pipeline-test', 'headrace/call': 'step#1' },
    });
    expect(job?.spec).toMatchObject({ backoffLimit: 0, activeDeadlineSeconds: 3_600, ttlSecondsAfterFinished: 86_400 });
  });

  test('tells what it took: the time of its computing, the most of its memory, and the cores that were kept free for it', async () => {
    const code = 'import time\nheld = bytearray(200_000_000)\nbegun = time.process_time()\nwhile time.process_time() < begun + 2: pass';
    const { cost } = await on.run(code, on.context(), { cpu: '500m' });
    expect(cost?.cpuSeconds).toBeGreaterThanOrEqual(2);
    expect(cost?.wallSeconds).toBeGreaterThanOrEqual(2);
    expect(cost?.peakMemoryBytes).toBeGreaterThan(200_000_000);
    expect(cost?.peakMemoryBytes).toBeLessThan(400_000_000);
    // Of whole seconds that its container ran: one more than the script, or one less.
    expect(cost?.coreSeconds).toBeGreaterThanOrEqual(0.5);
    expect(cost?.coreSeconds).toBeLessThan(0.5 * ((cost?.wallSeconds ?? 0) + 30));
  });

  test('may give a result that only the log has room for, and none beyond 1 MiB or that is no JSON', async () => {
    expect(await on.run(`print("open end", end="")\n${give('"é" * 100_000')}`)).toMatchObject({ result: 'é'.repeat(100_000), lines: 1 });
    await expect(on.run(give('"x" * 2_000_000'))).rejects.toThrow('1048576 are allowed');
    await expect(on.run(`open(__import__("os").environ["HEADRACE_RESULT"], "w").write("{")`)).rejects.toThrow('not JSON');
  });

  test('gets Secrets by their names, and the Job has none of their values', async () => {
    await on.putSecret('warehouse', { password: 'topsecret' });
    const context = on.context();
    const secrets = { PASSWORD: { secret: 'warehouse', key: 'password' } };
    expect(await on.run(give('len(os.environ["PASSWORD"])'), context, { secrets })).toMatchObject({ result: 9 });
    expect(JSON.stringify(await on.jobs(context))).not.toContain('topsecret');
    await expect(on.run('pass', on.context(), { secrets: { P: { secret: 'absent', key: 'x' } } })).rejects.toMatchObject({
      code: 'work_failed',
      message: expect.stringContaining('secret "absent" not found'),
    });
  });

  test('is given no connection, since its secrets would stand in the Job', async () => {
    await expect(on.run('pass', on.context(), {}, { connections: ['cluster'] })).rejects.toMatchObject({ fix: expect.stringContaining('Secrets') });
  });
});

describe('what ends badly', () => {
  test.each([64, 65])('exit code %i is never retried, and its last lines are told', async (code) => {
    const error: unknown = await on.run(`print("the column is gone")\nraise SystemExit(${code})`).catch((it: unknown) => it);
    expect(error).toBeInstanceOf(ValidationError);
    expect((error as Error).message).toContain('the column is gone');
  });

  test('any other is tried again, as a Job of the next number', async () => {
    const context = on.context();
    await expect(on.run('raise TypeError("broken")', context)).rejects.toMatchObject({
      code: 'script_failed',
      message: expect.stringContaining('TypeError: broken'),
    });
    expect(await on.run(give('1'), on.context({ key: context.key, attempt: 2 }))).toMatchObject({ result: 1, engine: { id: expect.stringMatching(/-2$/) } });
    expect(await on.jobs(context)).toHaveLength(2);
  });

  test('a script that takes more memory or time than it may', async () => {
    await expect(on.run('x = bytearray(600 * 1024 * 1024)', on.context(), {}, { memory: '256MB' })).rejects.toThrow('MemoryError');
    await expect(on.run('while True: pass', on.context(), {}, { cpuSeconds: 1 })).rejects.toThrow('computed for more than 1 seconds');
  });

  test('an account without rights, and a token that is none', async () => {
    await expect(on.run('pass', on.context({}, on.connection('stranger')))).rejects.toThrow(PermissionDeniedError);
    await expect(on.run('pass', on.context({}, { ...on.connection(), token: 'forged' } as never))).rejects.toThrow(PermissionDeniedError);
  });

  test('a token from a file is read for each request', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'headrace-token-')), 'token');
    onTestFinished(() => rmSync(dirname(file), { recursive: true }));
    writeFileSync(file, on.cluster.tokens.worker);
    const context = on.context({}, { ...on.connection(), token: `file:${file}` } as never);
    const ended = on.run('import time\ntime.sleep(600)', context);
    ended.catch(() => undefined);
    await until(async () => context.heartbeats.length, Boolean);
    writeFileSync(file, 'forged');
    await expect(ended).rejects.toThrow(PermissionDeniedError);
  });

  test('an account that may make a Job and not its files: no Job is left that waits for them', async () => {
    const rules = [
      { apiGroups: ['batch'], resources: ['jobs'], verbs: ['create', 'get', 'delete'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
    ];
    await on.allowNamespace('no-files', 'stranger', rules);
    const context = on.context({}, on.connection('stranger', 'no-files'));
    await expect(on.run('pass', context)).rejects.toThrow(/ConfigMap/);
    await until(
      () => on.jobs(context, 'no-files'),
      (jobs) => jobs.length === 0,
    );
  });

  test('an image that cannot be had, and a Job without room: they are tried again, and leave no Job that might still start', async () => {
    const [imageless, roomless] = [on.context(), on.context()];
    const large = on.run('pass', roomless, { cpu: '100', startWithinSeconds: 2 });
    large.catch(() => undefined);
    await expect(on.run('pass', imageless, { image: 'nowhere/none:1' })).rejects.toMatchObject({
      code: 'work_failed',
      message: expect.stringContaining('ImagePullBackOff'),
    });
    await expect(large).rejects.toMatchObject({ code: 'work_failed', message: expect.stringContaining('Insufficient cpu') });
    expect([...(await on.jobs(imageless)), ...(await on.jobs(roomless))]).toEqual([]);
  });

  test('a full quota, of Jobs and of pods', async () => {
    await on.narrowNamespace('no-jobs', { 'count/jobs.batch': '0' });
    await on.narrowNamespace('no-pods', { pods: '0' });
    await expect(on.run('pass', on.context({}, on.connection('admin', 'no-jobs')))).rejects.toMatchObject({
      code: 'work_failed',
      message: expect.stringContaining('exceeded quota'),
    });
    const podless = on.run('pass', on.context({}, on.connection('admin', 'no-pods')), { startWithinSeconds: 3 });
    await expect(podless).rejects.toMatchObject({ code: 'work_failed', message: expect.stringContaining('exceeded quota') });
  });

  test('a pod that is evicted, and a Job that somebody deletes', async () => {
    const [evicted, deleted] = [new Meeting(), new Meeting()];
    const [first, second] = [on.context(), on.context()];
    const [one, two] = [on.run(evicted.script, first), on.run(deleted.script, second)];
    const ends = Promise.all([
      expect(one).rejects.toMatchObject({ code: 'work_failed', name: 'HeadraceError' }),
      expect(two).rejects.toMatchObject({ code: 'work_lost' }),
    ]);
    await Promise.all([evicted.hasBegun(), deleted.hasBegun()]);
    await on.evict(await on.pod(first));
    await on.deleteJob(await on.job(second));
    await ends;
  });
});

test.each(['CANCELLED', 'TIMED_OUT'])('a step that is told %s takes its Job, its pod and its process away', async (reason) => {
  const meeting = new Meeting();
  const context = on.context({ signal: stopped(reason, meeting.hasBegun()) });
  await expect(on.run(meeting.script, context)).rejects.toThrow(reason);
  const process = await meeting.hasBegun();
  await until(
    async () => [await on.jobs(context), isAlive(process)] as const,
    ([jobs, alive]) => jobs.length === 0 && !alive,
  );
});

test.each(['what it heard', 'nothing'] as const)(
  'nothing is begun beside a script that still ends after a time-out, by an attempt that knows %s',
  async (knows) => {
    const meeting = new Meeting();
    const code = `import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n${meeting.script}`;
    const context = on.context({ signal: stopped('TIMED_OUT', meeting.hasBegun()) });
    await expect(on.run(code, context)).rejects.toThrow('TIMED_OUT');
    const first = await meeting.hasBegun();
    expect(isAlive(first)).toBe(true);
    const resumed = knows === 'nothing' ? undefined : context.heartbeats.at(-1);
    const again = on.run(code, on.context({ key: context.key, attempt: 2, resumed }));
    again.catch(() => undefined);
    const together = await until(
      () => ({ begun: meeting.processes().length, first: isAlive(first) }),
      ({ begun }) => begun > 1,
    );
    meeting.open();
    expect(together).toEqual({ begun: 2, first: false });
    expect(await again).toMatchObject({ result: 'done' });
  },
);

test('a Job whose step nobody follows any more is ended by Kubernetes at the time limit', async () => {
  const meeting = new Meeting();
  const context = on.context({ timeLimit: 2_000, signal: stopped('WORKER_SHUTDOWN', meeting.hasBegun()) });
  await expect(on.run(meeting.script, context)).rejects.toThrow('WORKER_SHUTDOWN');
  const process = await meeting.hasBegun();
  await until(
    async () => (await on.job(context)).status?.conditions?.map(({ reason }) => reason),
    (reasons) => reasons?.includes('DeadlineExceeded') === true,
  );
  await until(
    () => isAlive(process),
    (alive) => !alive,
  );
});

test('a worker that stops leaves its Job running, and the next attempt goes on with it', async () => {
  const meeting = new Meeting();
  const context = on.context({ signal: stopped('WORKER_SHUTDOWN', meeting.hasBegun()) });
  await expect(on.run(meeting.script, context)).rejects.toThrow('WORKER_SHUTDOWN');
  const resumed = context.heartbeats.at(-1);
  const second = on.run(meeting.script, on.context({ key: context.key, attempt: 2, resumed }));
  meeting.open();
  expect(await second).toMatchObject({ result: 'done', lines: 1 });
  expect(meeting.processes()).toHaveLength(1);
  expect(await on.jobs(context)).toHaveLength(1);
});

test('a Job that was begun by an attempt whose files were not made yet gets them from the next', async () => {
  const first = new AbortController();
  const context = on.context({ signal: first.signal });
  const dying = on.run(give('"whole"'), context);
  await on.job(context);
  first.abort(new Error('WORKER_SHUTDOWN'));
  await expect(dying).rejects.toThrow('WORKER_SHUTDOWN');
  expect(await on.run(give('"whole"'), on.context({ key: context.key, attempt: 2 }))).toMatchObject({ result: 'whole' });
  expect(await on.jobs(context)).toHaveLength(1);
});

test('a Job of its name that is still being taken away is waited for, and not taken for its own', async () => {
  const context = on.context();
  const letGo = await on.leavingJob(context);
  const running = on.run(give('"mine"'), context);
  await untilItWaits(context);
  const [last] = await on.jobs(context);
  await letGo();
  expect(await running).toMatchObject({ result: 'mine' });
  const [own] = await on.jobs(context);
  expect(own?.metadata).toMatchObject({ name: last?.metadata?.name, uid: expect.not.stringMatching(last?.metadata?.uid ?? '') });
});

test('a cluster that is killed in the middle and comes back costs no attempt', async () => {
  const meeting = new Meeting();
  const context = on.context();
  const running = on.run(meeting.script, context);
  await meeting.hasBegun();
  await on.cluster.halt();
  meeting.open();
  await until(
    () => context.lines,
    (lines) => lines.some((line) => line.includes('does not answer')),
  );
  await on.cluster.resume();
  expect(await running).toMatchObject({ result: 'done' });
  expect(meeting.processes()).toHaveLength(1);
  expect(await on.jobs(context)).toHaveLength(1);
});

test('doctor says what a connection may do', async () => {
  const tried = (who: 'worker' | 'stranger') => tryConnection(Connection.parse(on.connection(who)), 'cluster');
  expect(await tried('worker')).toBe('Kubernetes v1.36.3, Jobs may be run in the namespace default');
  await expect(tried('stranger')).rejects.toThrow('may not create jobs, get jobs, delete jobs, create configmaps, list pods, get pods/log');
});

test('the doctor command prints what is wrong with a connection, and what to do', async () => {
  const told = await doctorSays({ stranger: on.connection('stranger'), forged: { ...on.connection(), token: 'forged' } });
  expect(told).toEqual({
    stranger: expect.stringMatching(/^✗ .* it may not create jobs, .*\n fix: Bind a Role/),
    forged: expect.stringMatching(/^✗ .*\(401\): Unauthorized.*\n fix: Give the connection the right/),
  });
});
