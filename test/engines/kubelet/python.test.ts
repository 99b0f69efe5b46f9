import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RecordedContext } from '../../../activities/step-context.fixture.js';
import { ValidationError } from '../../../sdk/index.js';
import { until } from '../../faults/until.js';
import { Cluster, image } from '../kubernetes/ground.js';
import { type KubernetesCluster, startKubernetes } from '../kubernetes.js';
import { reasonAgainst } from './available.js';
import { containersOf, give, letGo, none, only, waiting } from './ground.js';
import { type RealKubelet, realKubelet } from './real-kubelet.js';

const pythonless = 'pythonless:1';

describe.skipIf(reasonAgainst() !== undefined)('a script in a container of the real kubelet', () => {
  let cluster: KubernetesCluster<RealKubelet>;
  let on: Cluster;

  beforeAll(async () => {
    cluster = await startKubernetes(realKubelet([{ name: image }, { name: pythonless, path: '/nowhere' }]));
    on = new Cluster(cluster);
  });
  afterAll(() => cluster?.stop());

  const containers = (context: RecordedContext) => containersOf(cluster.node, context);
  const hasBegun = async (context: RecordedContext) => {
    await until(
      () => context.lines,
      (lines) => lines.includes('begun'),
    );
    return only(() => containers(context));
  };
  /** A context whose step is stopped once its script has begun. */
  const stopped = (reason: string, changes: Partial<RecordedContext> = {}) => {
    const stop = new AbortController();
    const context = on.context({ ...changes, signal: stop.signal });
    void hasBegun(context).then(() => stop.abort(new Error(reason)));
    return context;
  };

  test('reads its input, arguments and environment, and gives its result and its lines', async () => {
    const context = on.context();
    const code = `print("one")\nprint()\nprint("two")\n${give('{"got": json.load(sys.stdin), "args": sys.argv[1:], "mode": os.environ["MODE"]}')}`;
    const output = await on.run(code, context, {}, { input: { text: 'é' }, args: ['a b', '$$ $(MODE)'], environment: { KIND: 'some', MODE: '$(KIND) $$' } });
    expect(output).toMatchObject({ result: { got: { text: 'é' }, args: ['a b', '$$ $(MODE)'], mode: '$(KIND) $$' }, lines: 3 });
    expect(context.lines).toEqual(['one', '', 'two']);
  });

  test('may print much and give a result that only the log has room for', async () => {
    const code = `for number in range(20_000): print(number)\nprint("x" * 40_000)\n${give('"é" * 100_000')}`;
    expect(await on.run(code)).toMatchObject({ result: 'é'.repeat(100_000), lines: 20_001 });
  });

  test('has no rights, no token of the cluster, and gets Secrets by their names', async () => {
    await on.putSecret('warehouse', { password: 'topsecret' });
    const context = on.context();
    const code = `status = dict(line.split(':\\t', 1) for line in open('/proc/self/status').read().splitlines() if ':\\t' in line)\n${give(
      "[status['CapEff'], status['NoNewPrivs'], status['Seccomp'], os.path.exists('/var/run/secrets'), len(os.environ['PASSWORD'])]",
    )}`;
    const output = await on.run(code, context, { secrets: { PASSWORD: { secret: 'warehouse', key: 'password' } } });
    expect(output).toMatchObject({ result: ['0000000000000000', '1', '2', false, 9] });
    expect(JSON.stringify(await on.jobs(context))).not.toContain('topsecret');
  });

  test('that fails tells its last lines: final for exit code 64, tried again for any other', async () => {
    await Promise.all([
      expect(on.run('print("the column is gone")\nraise SystemExit(64)')).rejects.toSatisfy(
        (error) => error instanceof ValidationError && error.message.includes('the column is gone'),
      ),
      expect(on.run('raise TypeError("broken")')).rejects.toMatchObject({ code: 'script_failed', message: expect.stringContaining('TypeError: broken') }),
    ]);
  });

  test('that takes more memory than its container may is told so', async () => {
    const greedy = on.run('print("begun")\nx = bytearray(400 * 1024 * 1024)\nprint("had it")', on.context(), { memory: '64Mi' });
    await expect(greedy).rejects.toMatchObject({ code: 'script_failed', message: expect.stringMatching(/memory[\s\S]*begun/), fix: 'Raise on.memory.' });
  });

  test('that cannot start is told soon, and leaves no Job that might still', async () => {
    const all = [on.context(), on.context(), on.context()] as const;
    const begun = Date.now();
    await Promise.all([
      expect(on.run('pass', all[0], { image: '127.0.0.1:1/none:1' })).rejects.toMatchObject({
        code: 'work_failed',
        message: expect.stringContaining('127.0.0.1:1/none:1'),
      }),
      expect(on.run('pass', all[1], { secrets: { P: { secret: 'absent', key: 'x' } } })).rejects.toMatchObject({
        code: 'work_failed',
        message: expect.stringContaining('secret "absent" not found'),
      }),
      expect(on.run('pass', all[2], { image: pythonless })).rejects.toMatchObject({
        code: 'script_failed',
        message: expect.stringContaining('python3'),
        fix: expect.stringContaining('python3'),
      }),
    ]);
    expect(Date.now() - begun).toBeLessThan(60_000);
    await none(async () => [...(await on.jobs(all[0])), ...(await on.jobs(all[1]))]);
  });

  test.each(['CANCELLED', 'TIMED_OUT'])('is killed when its step is told %s, and its Job is gone', async (reason) => {
    const context = stopped(reason);
    await expect(on.run(waiting, context)).rejects.toThrow(reason);
    await none(() => containers(context));
    await none(() => on.jobs(context));
  });

  test('is killed by Kubernetes at the time limit when nobody follows it any more', async () => {
    const context = stopped('WORKER_SHUTDOWN', { timeLimit: 12_000 });
    await expect(on.run(waiting, context)).rejects.toThrow('WORKER_SHUTDOWN');
    await none(() => containers(context));
    const reasons = async () => (await on.job(context)).status?.conditions?.map(({ reason }) => reason) ?? [];
    await until(reasons, (all) => all.includes('DeadlineExceeded'));
  });

  test('runs on when its worker stops, and the next attempt goes on with it', async () => {
    const context = stopped('WORKER_SHUTDOWN');
    await expect(on.run(waiting, context)).rejects.toThrow('WORKER_SHUTDOWN');
    const container = await only(() => containers(context));
    const next = on.context({ key: context.key, attempt: 2, resumed: context.heartbeats.at(-1) });
    const second = on.run(waiting, next);
    await letGo(cluster.node, container);
    expect(await second).toMatchObject({ result: 'done', lines: 1 });
    expect(await on.jobs(context)).toHaveLength(1);
  });

  test('outlives the API server and the kubelet, and costs no second attempt', { timeout: 120_000 }, async () => {
    const context = on.context();
    const running = on.run(waiting, context);
    const container = await hasBegun(context);
    await cluster.halt();
    cluster.node.killKubelet();
    await letGo(cluster.node, container);
    await none(() => containers(context));
    await cluster.resume();
    expect(await running).toMatchObject({ result: 'done' });
    expect(await on.jobs(context)).toHaveLength(1);
  });
});
