import { randomUUID } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { PermissionDeniedError, ValidationError } from '../../../sdk/index.js';
import { tryConnection } from '../../../worker/host/try-connection.js';
import { until } from '../../faults/until.js';
import { startWorker } from '../../faults/worker-process.js';
import { makeAuthority } from '../../servers/certificates.js';
import { startTlsFront } from '../../servers/tls-front.js';
import { doctorSays } from '../doctor.js';
import { lastHeartbeat } from '../last-heartbeat.js';
import { openOwnGround } from '../own-ground.js';
import { startGate } from './gate.js';
import { runJar } from './pipelines/run-jar.js';
import { runLate } from './pipelines/run-late.js';
import { runSql } from './pipelines/run-sql.js';
import { long, Session } from './session.js';
import { sqlJobs } from './sql-jobs.js';

describe('flink_job on a session cluster', () => {
  let here: Session;

  beforeAll(async () => void (here = await Session.start()));
  afterAll(() => here?.stop());

  const stop = (job: string, context = here.call()) => here.work({ on: 'flink', stop: { job } }, context);

  test('runs a jar to its end, uploads it once, and gives what the job counted', { timeout: long }, async () => {
    const done = await here.work({ on: 'flink', run: here.ours('counts') });
    expect(done).toMatchObject({ state: 'FINISHED', rows: 100, engine: { name: 'Flink', link: `${here.flink.rest}/#/job/running/${done.job}/overview` } });
    expect(done.cost?.wallSeconds).toBeGreaterThan(0);
    expect((await here.jobs()).get(done.job)).toMatchObject({ name: 'proving counts', state: 'FINISHED' });
    await here.work({ on: 'flink', run: here.ours('counts') });
    const { files } = (await (await fetch(`${here.flink.rest}/jars`)).json()) as { files: { id: string }[] };
    expect(files).toHaveLength(1);
    expect(await here.work({ on: 'flink', run: { ...here.ours('counts'), jar: { id: files[0]?.id ?? '' } } })).toMatchObject({ state: 'FINISHED' });
  });

  test('runs SQL as one job with an id of ours', { timeout: long }, async () => {
    const prepare = [
      "CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '10')",
      `CREATE TABLE written (n BIGINT) WITH ('connector' = 'filesystem', 'format' = 'json', 'path' = '${join(here.folder, 'written')}')`,
    ];
    const key = randomUUID();
    const input = { on: 'flink', run: { prepare, statement: 'INSERT INTO written SELECT n FROM numbers' } };
    const done = await here.work(input, here.call({ key }));
    expect((await here.jobs()).get(done.job)).toMatchObject({ state: 'FINISHED' });
    expect(existsSync(join(here.folder, 'written'))).toBe(true);
    const before = (await here.jobs()).size;
    expect((await here.work(input, here.call({ key, attempt: 2 }))).job).toBe(done.job);
    expect((await here.jobs()).size).toBe(before);
  });

  test.each([
    ['a class that is not there', () => ({ ...here.ours('counts'), entryClass: 'Nobody' }), /Nobody/],
    ['a main method that refuses', () => here.ours(), /say what to do/],
    ['a jar that is not there', () => ({ ...here.ours('counts'), jar: { id: 'nobody.jar' } }), /has no jar 'nobody.jar'/],
    ['a mistake in its data', () => here.ours('divides'), /by zero/],
    ['SQL that is none', () => ({ statement: 'INSERT INT nowhere' }), /INSERT INT nowhere/],
    ['a table that is not there', () => ({ statement: 'INSERT INTO nowhere SELECT 1' }), /nowhere/],
  ])('%s is refused', { timeout: long }, async (_, run, message) => {
    const refused = here.work({ on: 'flink', run: run() });
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(ValidationError);
  });

  test('a job that fails is told with its cause, and the next attempt begins another', { timeout: long }, async () => {
    const key = randomUUID();
    const before = (await here.jobs()).size;
    for (const attempt of [1, 2]) {
      const failing = here.work({ on: 'flink', run: here.ours('fails') }, here.call({ key, attempt }));
      await expect(failing).rejects.toMatchObject({ code: 'work_failed', message: expect.stringContaining('boom on purpose') });
    }
    expect((await here.jobs()).size - before).toBe(2);
  });

  test('who may not is told so, and the key is not', { timeout: long }, async ({ onTestFinished }) => {
    const gate = await startGate(here.flink.rest, 'the-key-of-the-gate');
    onTestFinished(() => gate.close());
    const through = (key: string) => here.connection({ rest: gate.url, headers: { authorization: `Bearer ${key}` } });
    const refused = here.work({ on: 'flink', run: here.ours('counts') }, here.call({}, through('another-key-of-mine')));
    await expect(refused).rejects.toBeInstanceOf(PermissionDeniedError);
    await expect(refused).rejects.not.toThrow('another-key-of-mine');
    expect(await here.work({ on: 'flink', run: here.ours('counts') }, here.call({}, through('the-key-of-the-gate')))).toMatchObject({ state: 'FINISHED' });
    await expect(tryConnection(through('another-key-of-mine'), 'flink')).rejects.toBeInstanceOf(PermissionDeniedError);
  });

  test.each(['CANCELLED', 'TIMED_OUT'])('%s cancels the job', { timeout: long }, async (reason) => {
    const stopping = new AbortController();
    const { ended, job } = await here.working('jar', { signal: stopping.signal });
    stopping.abort(new Error(reason));
    await expect(ended).rejects.toThrow(reason);
    await here.untilJob(job, 'CANCELED');
  });

  test('one that is cancelled while its main method has not come to the job yet leaves no job running', { timeout: long }, async () => {
    const before = await here.jobs();
    const [go, begins] = [here.meeting(), here.meeting()];
    const stopping = new AbortController();
    const ended = here.work({ on: 'flink', run: here.ours('ponders', go, begins) }, here.call({ signal: stopping.signal }));
    ended.catch(() => undefined);
    await until(
      () => existsSync(`${begins}.waits`),
      (waits) => waits,
    );
    stopping.abort(new Error('CANCELLED'));
    writeFileSync(begins, '');
    await expect(ended).rejects.toThrow('CANCELLED');
    const [job, ...more] = [...(await here.jobs()).keys()].filter((id) => !before.has(id));
    expect(more).toEqual([]);
    await here.untilJob(job ?? '', 'CANCELED');
  });

  test('when the worker stops the job goes on, and the next attempt finds it', { timeout: long }, async () => {
    const stopping = new AbortController();
    const { ended, context, input, job, go } = await here.working('jar', { signal: stopping.signal });
    const before = (await here.jobs()).size;
    stopping.abort(new Error('WORKER_SHUTDOWN'));
    await expect(ended).rejects.toThrow('WORKER_SHUTDOWN');
    const second = here.work(input, here.call({ key: context.key, attempt: 2, resumed: context.heartbeats.at(-1) }));
    go();
    expect(await second).toMatchObject({ job, state: 'FINISHED', rows: 100 });
    expect((await here.jobs()).size).toBe(before);
  });

  test('one that the attempt before cancels while the next one looks after it is begun anew', { timeout: long }, async () => {
    const stopping = new AbortController();
    const { ended, context, input, job, go } = await here.working('jar', { signal: stopping.signal });
    const again = here.call({ key: context.key, attempt: 2, resumed: context.heartbeats.at(-1) });
    const second = here.work(input, again);
    await until(() => again.heartbeats.length, Boolean, { limit: long });
    stopping.abort(new Error('TIMED_OUT'));
    await expect(ended).rejects.toThrow('TIMED_OUT');
    await here.untilJob(job, 'CANCELED');
    go();
    const done = await second;
    expect(done).toMatchObject({ state: 'FINISHED', rows: 100 });
    expect(done.job).not.toBe(job);
  });

  describe('SQL', () => sqlJobs(() => here));

  describe('a streaming job', () => {
    const streaming = { steadyFor: 1, checkpoints: 2 };

    test('is left running when it is healthy, and stopped once with a savepoint, from which another goes on', { timeout: 2 * long }, async () => {
      const { job, state } = await here.work({ on: 'flink', run: here.ours('streams'), streaming });
      expect([state, (await here.jobs()).get(job)?.state]).toEqual(['RUNNING', 'RUNNING']);
      const key = randomUUID();
      const stopped = await stop(job, here.call({ key }));
      expect(stopped).toMatchObject({ state: 'STOPPED', savepoint: expect.stringContaining(here.flink.folder) });
      expect((await here.jobs()).get(job)?.state).toBe('FINISHED');
      expect(await stop(job, here.call({ key, attempt: 2 }))).toMatchObject({ state: 'STOPPED', savepoint: stopped.savepoint });

      const next = await here.work({ on: 'flink', run: { ...here.ours('streams'), savepoint: stopped.savepoint }, streaming });
      const { counts } = (await (await fetch(`${here.flink.rest}/jobs/${next.job}/checkpoints`)).json()) as { counts: { restored: number } };
      expect(counts.restored).toBe(1);
      await stop(next.job);
    });

    test('that is gone needs no stop, and one without checkpoints is refused and cancelled', { timeout: long }, async () => {
      expect(await stop('f'.repeat(32))).toMatchObject({ state: 'GONE' });
      const endless = { ...here.ours('waits', join(here.folder, 'never')) };
      const context = here.call();
      await expect(here.work({ on: 'flink', run: endless, streaming }, context)).rejects.toThrow('makes no checkpoints');
      const { handle } = (context.heartbeats.at(-1) as { outside: { handle: { job: string } } }).outside;
      await here.untilJob(handle.job, 'CANCELED');
    });
  });

  test('a task manager that dies fails the attempt, and the next one begins the job anew', { timeout: 3 * long }, async () => {
    const { ended, context, input, go, job } = await here.working();
    await here.flink.taskManager.halt('SIGKILL');
    await expect(ended).rejects.toMatchObject({ code: 'work_failed' });
    await here.flink.taskManager.resume();
    go();
    const second = await here.work(input, here.call({ key: context.key, attempt: 2, resumed: context.heartbeats.at(-1) }));
    expect(second).toMatchObject({ state: 'FINISHED', rows: 100 });
    expect(second.job).not.toBe(job);
  });

  test('a job manager that restarts forgets its jobs, and the next attempts begin them anew', { timeout: 3 * long }, async () => {
    const begun = await Promise.all([here.working('jar'), here.working('sql')]);
    await here.flink.jobManager.halt('SIGKILL');
    for (const { context } of begun) await vi.waitFor(() => expect(context.lines.join()).toContain('does not answer'), { timeout: long });
    await here.flink.jobManager.resume();
    for (const { ended } of begun) await expect(ended).rejects.toMatchObject({ code: 'work_lost' });
    const again = begun.map(({ context, input, go }) => {
      go();
      return here.work(input, here.call({ key: context.key, attempt: 2, resumed: context.heartbeats.at(-1) }));
    });
    expect(await Promise.all(again)).toMatchObject([{ state: 'FINISHED', rows: 100 }, { state: 'FINISHED' }]);
    expect([...(await here.jobs()).values()].map(({ state }) => state)).toEqual(['FINISHED', 'FINISHED']);
  });

  test('doctor tells versions, slots, and whether jars are taken', async () => {
    expect(await tryConnection(here.connection(), 'flink')).toMatch(
      new RegExp(`^Flink ${here.flink.version}, \\d of 4 slots are free on 1 task managers, takes jars, SQL gateway ${here.flink.version}$`),
    );
  });

  test('the doctor command prints what is wrong with a connection, and what to do', { timeout: long }, async ({ onTestFinished }) => {
    const gate = await startGate(here.flink.rest, 'the-key-of-the-gate');
    onTestFinished(() => gate.close());
    const told = await doctorSays({
      locked: here.connection({ rest: gate.url, headers: { authorization: 'Bearer another-key-of-mine' } }),
      swapped: here.connection({ rest: here.flink.sqlGateway }),
      mistaken: here.connection({ sqlGateway: here.flink.rest }),
    });
    expect(told).toEqual({
      locked: expect.stringMatching(/^✗ .*403: no entry\n fix: /),
      swapped: expect.stringMatching(/^✗ .*No JobManager answers at .*\n fix: .*REST API/),
      mistaken: expect.stringMatching(/^✗ .*No SQL gateway answers at .*\n fix: .*sqlGateway/),
    });
    expect(JSON.stringify(told)).not.toContain('another-key-of-mine');
  });

  test('behind TLS it is trusted by the authority that `ca` names, and not without', async ({ onTestFinished }) => {
    const authority = makeAuthority();
    const front = await startTlsFront(new URL(here.flink.rest).host, authority, false);
    onTestFinished(() => front.close());
    const behind = { ...here.connection(), rest: `https://${front.address}`, sqlGateway: undefined };
    expect(await tryConnection({ ...behind, ca: authority.cert }, 'flink')).toMatch(/^Flink /);
    await expect(tryConnection(behind, 'flink')).rejects.toMatchObject({ code: 'bad_connection', fix: expect.stringContaining('`ca`') });
  });

  test('through Temporal: a worker that a deploy replaces leaves its jobs running, and the next one goes on with them', {
    timeout: 3 * long,
  }, async ({ onTestFinished }) => {
    const ground = await openOwnGround({ pipelines: join(import.meta.dirname, 'pipelines'), connections: here.connections });
    onTestFinished(() => ground.leave());
    const before = await here.jobs();
    const begun = async () => [...(await here.jobs()).values()].filter(({ jid }) => !before.has(jid));
    const states = async () => (await begun()).map(({ state }) => state).sort();
    const old = await startWorker(ground, ['--drain', '1']);
    const go = here.meeting();
    const runs = [await ground.client.start(runJar, { go }), await ground.client.start(runSql, { run: here.sql(go) })];
    await until(states, (seen) => seen.join() === 'RUNNING,RUNNING', { limit: long });
    await startWorker(ground);
    expect(await old.stop()).toBe(0);
    expect(await states()).toEqual(['RUNNING', 'RUNNING']);
    writeFileSync(go, '');
    for (const run of runs) expect(await ground.ended(run.workflowId)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await states()).toEqual(['FINISHED', 'FINISHED']);
  });

  test('through Temporal: a killed worker leaves its jobs to the next one, and a time-out ends its job before the next attempt begins another', {
    timeout: 5 * long,
  }, async ({ onTestFinished }) => {
    const ground = await openOwnGround({ pipelines: join(import.meta.dirname, 'pipelines'), connections: here.connections });
    onTestFinished(() => ground.leave());
    const before = await here.jobs();
    const begun = async () => [...(await here.jobs()).values()].filter(({ jid }) => !before.has(jid));
    const states = async () => (await begun()).map(({ state }) => state).sort();
    const first = await startWorker(ground);
    const go = here.meeting();
    const runs = [await ground.client.start(runJar, { go }), await ground.client.start(runSql, { run: here.sql(go) })];
    await until(states, (seen) => seen.join() === 'RUNNING,RUNNING', { limit: long });
    for (const run of runs)
      await until(
        () => lastHeartbeat(ground, run.workflowId),
        (beat) => beat.includes('outside'),
        { limit: long },
      );
    await first.kill();
    await startWorker(ground);
    const late = here.meeting();
    const lateRun = await ground.client.start(runLate, { go: late });
    for (const run of runs)
      await until(
        () => ground.status(run.workflowId),
        ({ retries }) => retries === 1,
        { limit: long },
      );
    writeFileSync(go, '');
    for (const run of runs) expect(await ground.ended(run.workflowId)).toMatchObject({ status: 'SUCCEEDED', retries: 1 });
    await until(states, (seen) => seen.join() === 'CANCELED,FINISHED,FINISHED,RUNNING', { limit: 2 * long });
    writeFileSync(late, '');
    expect(await ground.ended(lateRun.workflowId)).toMatchObject({ status: 'SUCCEEDED', output: { rows: 100 } });
    expect(await states()).toEqual(['CANCELED', 'FINISHED', 'FINISHED', 'FINISHED']);
  });
});
