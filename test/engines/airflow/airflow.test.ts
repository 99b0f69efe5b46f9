import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type * as z from 'zod';
import { AirflowApi } from '../../../activities/airflow/airflow-api.js';
import airflowRun from '../../../activities/airflow/run.js';
import { type DagTrigger, triggerAirflowDag } from '../../../activities/airflow/steps.js';
import { outsideId } from '../../../activities/outside/outside-id.js';
import { runStep } from '../../../activities/run-step.fixture.js';
import { type RecordedContext, stepContext } from '../../../activities/step-context.fixture.js';
import { PermissionDeniedError, ValidationError } from '../../../sdk/index.js';
import type { Connection, StepContext } from '../../../sdk/node/index.js';
import { tryConnection } from '../../../worker/host/try-connection.js';
import { dataPipeline } from '../../../workflows/data_pipeline.js';
import type { Ground } from '../../faults/ground.js';
import { until } from '../../faults/until.js';
import { replaceWorker, startWorker } from '../../faults/worker-process.js';
import { makeAuthority } from '../../servers/certificates.js';
import { startTlsFront } from '../../servers/tls-front.js';
import { type AirflowServer, startAirflow } from '../airflow.js';
import { doctorSays } from '../doctor.js';
import { openOwnGround } from '../own-ground.js';
import { waitForDag } from './pipelines/wait-for-dag.js';

const dags = join(import.meta.dirname, 'dags');
const long = 90_000;

describe.each([3, 2] as const)('trigger_airflow_dag on Airflow %i', (edition) => {
  let airflow: AirflowServer;
  const folder = mkdtempSync(join(tmpdir(), 'headrace-dags-'));

  beforeAll(async () => {
    airflow = await startAirflow(edition, dags);
    await until(known, (ids) => ids.length === 6, { limit: long, every: 500 });
  });
  afterAll(async () => {
    await airflow?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const as = (user: string, password = user) => ({ kind: 'airflow', url: airflow.url, user, password }) as const;
  const signal = new AbortController().signal;
  const api = async () => AirflowApi.open('airflow', { ...as('admin') }, signal);

  async function known(): Promise<string[]> {
    const { json } = await (await api()).ask({ path: 'dags', signal });
    return (json as { dags: { dag_id: string }[] }).dags.map((dag) => dag.dag_id);
  }

  /** What Airflow itself says of a DAG's runs, by their ids. */
  async function runsOf(dag: string): Promise<Map<string, string>> {
    const { json } = await (await api()).ask({ path: `dags/${dag}/dagRuns`, signal });
    const { dag_runs: runs } = json as { dag_runs: { dag_run_id: string; state: string }[] };
    return new Map(runs.map(({ dag_run_id, state }) => [dag_run_id, state]));
  }

  function call(changes: Partial<StepContext> = {}, connection: z.input<typeof Connection> = as('admin')): RecordedContext {
    return stepContext({ airflow: connection }, { key: randomUUID(), ...changes });
  }

  async function trigger(input: Omit<Partial<DagTrigger>, 'result'> & { dag: string; result?: { task: string } }, context: StepContext = call()) {
    return (await runStep(airflowRun, triggerAirflowDag, { on: 'airflow', ...input }, context)) as {
      result: unknown;
      engine: { id: string; link: string };
      cost?: { wallSeconds?: number };
    };
  }

  const file = () => join(folder, randomUUID());

  /** A run of `waits` whose task works. */
  async function working(changes: Partial<StepContext> = {}, connection?: z.input<typeof Connection>) {
    const go = file();
    const context = call(changes, connection);
    const ended = trigger({ dag: 'waits', conf: { go }, result: { task: 'hold' } }, context);
    ended.catch(() => undefined);
    const run = await until(
      () => (context.heartbeats.at(-1) as { engine: { id: string }; progress?: { state?: string } } | undefined) ?? { engine: { id: '' } },
      ({ progress }) => progress?.state === 'running',
      { limit: long },
    );
    return { go: () => writeFileSync(go, ''), conf: { go }, context, ended, id: run.engine.id };
  }

  /** Waits until a task has not touched its file for a while. */
  const silent = (alive: string) =>
    until(
      () => Date.now() - statSync(alive).mtimeMs,
      (silence) => silence > 3_000,
      { limit: long },
    );

  test('gives what a task returned, the id and a link', { timeout: long }, async () => {
    const { result, engine, cost } = await trigger({ dag: 'adds', conf: { more: 2 }, result: { task: 'add' } });
    expect(result).toEqual({ sum: 43, snapshot: '8924558786060583479' });
    expect(cost?.wallSeconds).toBeGreaterThan(0);
    expect(await runsOf('adds')).toEqual(new Map([[engine.id, 'success']]));
    expect(engine.link).toContain(`${airflow.url}/dags/adds/`);
    expect((await fetch(engine.link)).status).toBe(200);
  });

  test('the run of a logical date is done again by the next attempt, and is nobody else’s', { timeout: long }, async () => {
    const go = file();
    const context = call();
    const dated = { dag: 'needs', conf: { go }, logicalDate: '2024-02-03T04:05:06Z', result: { task: 'look' } };
    await expect(trigger(dated, context)).rejects.toMatchObject({ code: 'work_failed', message: expect.stringContaining('No such file') });
    writeFileSync(go, 'there');
    const next = call({ key: context.key, attempt: 2, resumed: context.heartbeats.at(-1) });
    expect(await trigger(dated, next)).toMatchObject({ result: 'there', engine: { id: outsideId(context.key, 1) } });
    expect(await runsOf('needs')).toEqual(new Map([[outsideId(context.key, 1), 'success']]));
    await expect(trigger(dated)).rejects.toThrow(/has a run of another id for 2024-02-03T04:05:06Z/);
  });

  test('a result that is no small value, or is not there, is refused with the fix', { timeout: long }, async () => {
    const context = call();
    await expect(trigger({ dag: 'adds', result: { task: 'large' } }, context)).rejects.toThrow(/'large' cannot be taken: .*65536 bytes/);
    await expect(trigger({ dag: 'adds', result: { task: 'nobody' } }, context)).rejects.toThrow(ValidationError);
  });

  test('a run that fails names its tasks and how their logs end, and the next attempt begins another', { timeout: 2 * long }, async () => {
    const key = randomUUID();
    const failing = trigger({ dag: 'fails' }, call({ key }));
    await expect(failing).rejects.toMatchObject({ code: 'work_failed', message: expect.stringMatching(/Tasks that failed: boom\.[\s\S]*boom on purpose/) });
    await expect(trigger({ dag: 'fails' }, call({ key, attempt: 2 }))).rejects.toMatchObject({ code: 'work_failed' });
    expect([...(await runsOf('fails')).values()]).toEqual(['failed', 'failed']);
  });

  test('what can never succeed is refused: an unknown DAG, with the files that are broken; conf that does not fit; a paused DAG', async () => {
    const refusal = () =>
      trigger({ dag: 'nobody' }).then(
        () => 'none',
        (error: Error) => error.message,
      );
    await until(refusal, (message) => message.includes('no_such_module_at_all'), { limit: long, every: 1_000 });
    await expect(trigger({ dag: 'nobody' })).rejects.toThrow(ValidationError);
    await expect(trigger({ dag: 'adds', conf: { more: 'two' } })).rejects.toThrow(ValidationError);
    await expect(trigger({ dag: 'sleeps' })).rejects.toThrow("The DAG 'sleeps' is paused");
    expect(await runsOf('sleeps')).toEqual(new Map());
  });

  test('a paused DAG is waited for where that is said', { timeout: long }, async () => {
    const context = call();
    const ended = trigger({ dag: 'sleeps', whenPaused: 'wait', result: { task: 'nothing' } }, context);
    await vi.waitFor(() => expect(JSON.stringify(context.heartbeats)).toContain('the DAG is paused'), { timeout: 30_000 });
    await (await api()).ask({ method: 'PATCH', path: 'dags/sleeps', body: { is_paused: false }, signal });
    expect((await ended).result).toBe('woken');
  });

  test('who may not is told so: a wrong password, and a user that may only read', async () => {
    await expect(trigger({ dag: 'adds' }, call({}, as('admin', 'wrong')))).rejects.toThrow(PermissionDeniedError);
    const refused = trigger({ dag: 'adds' }, call({}, as('viewer')));
    await expect(refused).rejects.toThrow(PermissionDeniedError);
    await expect(refused).rejects.not.toThrow('admin');
  });

  test.each(['CANCELLED', 'TIMED_OUT'])('%s ends the run and its task', { timeout: long }, async (reason) => {
    const stopping = new AbortController();
    const { ended, id, conf } = await working({ signal: stopping.signal });
    const alive = `${conf.go}.alive`;
    await until(() => existsSync(alive), Boolean, { limit: long });
    stopping.abort(new Error(reason));
    await expect(ended).rejects.toThrow(reason);
    expect((await runsOf('waits')).get(id)).toBe('failed');
    await silent(alive);
  });

  test('when the worker stops the run goes on, and the next attempt finds it', { timeout: long }, async () => {
    const before = await runsOf('waits');
    const stopping = new AbortController();
    const { ended, context, id, conf, go } = await working({ signal: stopping.signal });
    stopping.abort(new Error('WORKER_SHUTDOWN'));
    await expect(ended).rejects.toThrow('WORKER_SHUTDOWN');
    const again = call({ key: context.key, attempt: 2, resumed: context.heartbeats.at(-1) });
    const second = trigger({ dag: 'waits', conf, result: { task: 'hold' } }, again);
    go();
    expect(await second).toMatchObject({ result: 'went on', engine: { id } });
    const after = await runsOf('waits');
    expect([after.size - before.size, after.get(id)]).toEqual([1, 'success']);
  });

  test('a run that the attempt before ends while the next one looks after it is begun anew', { timeout: 2 * long }, async () => {
    const stopping = new AbortController();
    const { ended, context, id, conf, go } = await working({ signal: stopping.signal });
    const again = call({ key: context.key, attempt: 2, resumed: context.heartbeats.at(-1) });
    const second = trigger({ dag: 'waits', conf, result: { task: 'hold' } }, again);
    await vi.waitFor(() => expect(again.heartbeats).not.toEqual([]), { timeout: 30_000 });
    stopping.abort(new Error('TIMED_OUT'));
    await expect(ended).rejects.toThrow('TIMED_OUT');
    await until(async () => (await runsOf('waits')).get(`${id}-2`), Boolean, { limit: long, every: 500 });
    go();
    expect(await second).toMatchObject({ result: 'went on', engine: { id: `${id}-2` } });
    expect((await runsOf('waits')).get(id)).toBe('failed');
  });

  test('an API that is restarted in the middle costs nothing, nor does a login that runs out', { timeout: 2 * long }, async () => {
    const { ended, context, id, go } = await working();
    await airflow.halt();
    await vi.waitFor(() => expect(context.lines.join()).toContain('does not answer'), { timeout: 20_000 });
    await airflow.resume();
    go();
    expect(await ended).toMatchObject({ result: 'went on', engine: { id } });
  });

  test.runIf(edition === 3)('a token from a file is good for as long as somebody renews it there', { timeout: 2 * long }, async ({ onTestFinished }) => {
    const login = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ username: 'admin', password: 'admin' }) };
    const fresh = async () => ((await (await fetch(`${airflow.url}/auth/token`, login)).json()) as { access_token: string }).access_token;
    const token = file();
    const renew = async () => writeFileSync(token, await fresh());
    const first = await fresh();
    writeFileSync(token, first);
    const renewing = setInterval(() => void renew(), 2_000);
    onTestFinished(() => clearInterval(renewing));
    const { ended, id, go } = await working({}, { kind: 'airflow', url: airflow.url, token: `file:${token}` });
    await until(
      async () => (await fetch(`${airflow.url}/api/v2/dags`, { headers: { authorization: `Bearer ${first}` } })).status,
      (status) => status === 401,
      { limit: long },
    );
    go();
    expect(await ended).toMatchObject({ result: 'went on', engine: { id } });
  });

  test('a scheduler that is killed in the middle, and another that starts: the run goes on, and is the only one', { timeout: 3 * long }, async () => {
    const before = await runsOf('waits');
    const { ended, conf, id, go } = await working();
    await until(() => existsSync(`${conf.go}.alive`), Boolean, { limit: long });
    await airflow.killScheduler();
    go();
    await silent(`${conf.go}.alive`);
    expect((await runsOf('waits')).get(id)).toBe('running');
    await airflow.resumeScheduler();
    expect(await ended).toMatchObject({ result: 'went on', engine: { id } });
    const after = await runsOf('waits');
    expect([after.size - before.size, after.get(id)]).toEqual([1, 'success']);
  });

  test('two triggers at once under one id begin one run', { timeout: long }, async () => {
    const before = (await runsOf('adds')).size;
    const key = randomUUID();
    const both = await Promise.all([1, 2].map(() => trigger({ dag: 'adds', result: { task: 'add' } }, call({ key }))));
    expect(both.map(({ result }) => result)).toMatchObject([{ sum: 42 }, { sum: 42 }]);
    expect((await runsOf('adds')).size - before).toBe(1);
  });

  test('behind TLS it is trusted by the authority that `ca` names, and not without', async ({ onTestFinished }) => {
    const authority = makeAuthority();
    const front = await startTlsFront(new URL(airflow.url).host, authority, false);
    onTestFinished(() => front.close());
    const behind = { ...as('admin'), url: `https://${front.address}` };
    expect(await tryConnection({ ...behind, ca: authority.cert }, 'airflow')).toMatch(/^Airflow /);
    await expect(tryConnection(behind, 'airflow')).rejects.toMatchObject({ code: 'bad_connection', fix: expect.stringContaining('`ca`') });
  });

  test('doctor tells the version, what runs and which rights there are', async () => {
    expect(await tryConnection(as('admin'), 'airflow')).toMatch(
      new RegExp(
        `^Airflow ${airflow.version} \\(API ${airflow.api}\\), scheduler runs, 6 DAGs can be read, 1 of its files cannot be imported, DAGs may be triggered$`,
      ),
    );
    expect(await tryConnection(as('viewer'), 'airflow')).toContain('not every DAG may be triggered');
    await expect(tryConnection(as('admin', 'wrong'), 'airflow')).rejects.toThrow(PermissionDeniedError);
    await expect(tryConnection({ ...as('admin'), url: `${airflow.url}/elsewhere` }, 'airflow')).rejects.toMatchObject({ code: 'bad_connection' });
  });

  test('the doctor command prints what is wrong with a connection, and what to do', { timeout: long }, async () => {
    const told = await doctorSays({
      mistaken: as('admin', 'not-the-password'),
      elsewhere: { ...as('admin'), url: `${airflow.url}/elsewhere` },
      other: { ...as('admin'), version: edition === 3 ? 'v1' : 'v2' },
    });
    expect(told).toEqual({
      mistaken: expect.stringMatching(/^✗ .*40[13]\b.*\n fix: /s),
      elsewhere: expect.stringMatching(/^✗ .*No Airflow answers at .*\n fix: .*without \/api.* Airflow 1 has no such API/s),
      other: expect.stringMatching(/^✗ .*(removed in Airflow 3|gives no token .*\n fix: .*version)/s),
    });
    expect(JSON.stringify(told)).not.toContain('not-the-password');
  });

  // The worker's part is the same with both.
  if (edition === 2) return;

  describe('through Temporal', () => {
    let here: Ground;

    beforeAll(async () => {
      here = await openOwnGround({ pipelines: join(import.meta.dirname, 'pipelines'), connections: { airflow: as('admin') } });
    });
    afterAll(async () => {
      await here?.leave();
    });

    test('a worker that is killed in the middle: another goes on with the same run', { timeout: 3 * long }, async () => {
      const before = await runsOf('waits');
      const go = file();
      const first = await startWorker(here);
      const { workflowId } = await here.client.start(waitForDag, { go });
      const begun = async () => [...(await runsOf('waits'))].filter(([id]) => !before.has(id));
      await until(begun, ([run]) => run?.[1] === 'running', { limit: long, every: 500 });
      await replaceWorker(here, first, workflowId, long);
      writeFileSync(go, '');
      expect(await here.ended(workflowId)).toMatchObject({ status: 'SUCCEEDED', output: { result: 'went on' } });
      expect((await begun()).map(([, state]) => state)).toEqual(['success']);
    });

    test('a data pipeline lets a DAG transform what it extracted, and loads the table that the DAG names', { timeout: 2 * long }, async () => {
      await startWorker(here);
      const { workflowId } = await here.client.start(dataPipeline, {
        source: { from: { on: 'lake', statement: 'SELECT n FROM range(3) t(n)' }, into: 'lake' },
        transform: { on: 'airflow', dag: 'copies', conf: { lake: here.lake }, gives: { task: 'copy' } },
        target: { mode: 'append', into: { connection: 'lake', table: 'numbers' } },
      });
      expect(await here.ended(workflowId)).toMatchObject({ status: 'SUCCEEDED', output: { status: 'COMPLETED', rowsProcessed: 3 } });
      const { activities } = await here.status(workflowId);
      expect(activities.map(({ name }) => name)).toEqual(['extract_data', 'validate_quality', 'trigger_airflow_dag', 'load_data']);
    });
  });
});
