import { execFile, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Api } from '../../sdk/api-client/index.js';
import { BinaryProcess, binary } from '../faults/binary-process.js';
import { until } from '../faults/until.js';
import { openStory, type Story } from './story.js';

let story: Story;
let asking: string;
let done: string;
let failed: string;

beforeAll(async () => {
  story = await openStory({ pipelines: join(import.meta.dirname, 'pipelines') });
  asking = await story.detach('parcels', { ask: true });
  done = (await story.run('parcels', { fails: 1 })).status.workflowId;
  failed = (await story.run('parcels', { fails: 2 })).status.workflowId;
  const recorded = (workflowId: string, wanted: (run: Api<'RunDetail'>) => boolean) =>
    until(async () => (await story.http.get(story.http.run(workflowId))).body as Api<'RunDetail'>, wanted);
  await recorded(asking, ({ waiting = [] }) => waiting.length > 0);
  for (const workflowId of [done, failed]) await recorded(workflowId, ({ endedAt }) => endedAt !== undefined);
});

afterAll(() => story?.ground.leave());

/** Standard output of a command that succeeds, though CI asks for colours. */
async function said(...words: string[]): Promise<string> {
  const { code, out, err } = await story.headrace(...words);
  expect([code, err]).toEqual([0, '']);
  return out;
}

const json = async <T>(...words: string[]) => JSON.parse(await said(...words, '--json')) as T;

/** What a command shows on a terminal of so many columns. */
async function onTerminal(width: number, ...words: string[]): Promise<string> {
  const command = `stty cols ${width}; ${[process.execPath, binary, ...words].map((word) => `'${word}'`).join(' ')}`;
  const env = { ...process.env, ...story.ground.environment, HEADRACE_API: story.api, TERM: 'xterm' };
  return (await promisify(execFile)('script', ['-qec', command, '/dev/null'], { env })).stdout;
}

const esc = String.fromCharCode(27);
const colours = new RegExp(`${esc}\\[\\d+m`, 'g');
const barsOrColours = new RegExp(`${esc}|█`);
const hasTerminal = spawnSync('script', ['--version']).status === 0;
if (!hasTerminal) console.log('left out: what a terminal shows, because there is no script (util-linux)');

describe('in a pipe', () => {
  test('runs are lines with tabs, filtered', async () => {
    const lines = (await said('runs', '--pipeline', 'parcels', '--since', '1h')).trimEnd().split('\n');
    expect(lines.map((line) => line.split('\t').slice(0, 2))).toEqual([
      [failed, 'FAILED'],
      [done, 'SUCCEEDED'],
      [asking, 'WAITING_FOR_APPROVAL'],
    ]);
    expect(await said('runs', '--status', 'failed', '--limit', '1')).toMatch(new RegExp(`^${failed}\tFAILED\t\\d{4}-\\d\\d-\\d\\dT.*\t.*attempt 2 failed\n$`));
    expect(await said('runs', '--pipeline', 'none')).toBe('');
    expect(await json('runs', '--limit', '2')).toMatchObject({ runs: [{ workflowId: failed }, { workflowId: done }] });
  });

  test('a run is shown with its calls, attempts, approvals, cause and fix, without colours and bars', async () => {
    const retried = await said('show', done);
    expect(retried).toMatch(/SUCCEEDED {2}\S+.* {2}2 retries/);
    expect(retried).toMatch(/^ +wrap#1 +COMPLETED +\S+ +3 rows +2 attempts$/m);
    expect(await said('show', failed)).toMatch(/wrap#1 +FAILED[\s\S]*RangeError: attempt 2 failed[\s\S]*fix: \S/);
    expect(await said('show', asking)).toMatch(/\? Send these parcels\?.*\n +(npx )?headrace approve \S+ release reason=…/);
    for (const text of [retried, await said('status', done), await said('events', done)]) expect(text).not.toMatch(barsOrColours);
    expect((await json<Api<'RunDetail'>>('show', failed)).error).toMatchObject({ type: 'StepFailed' });
  });

  test('logs and events are lines, or one document', async () => {
    expect(await said('logs', done)).toMatch(/^\d{4}\S+Z {2}wrapping {2}2 records\n$/);
    expect(await json('logs', done)).toMatchObject({ logs: [{ sequence: 1, message: 'wrapping', records: 2 }] });
    expect((await said('events', done)).trimEnd().split('\n')).toHaveLength(4);
    expect(await said('events', '--pipeline', 'parcels')).toMatch(new RegExp(`FAILED {2}${failed} {2}`));
    expect((await said('events', '--pipeline', 'parcels', '--limit', '1')).trimEnd().split('\n')).toHaveLength(1);
    const { events } = await json<{ events: Api<'Event'>[] }>('events', asking);
    expect(events.at(-1)).toMatchObject({ type: 'PIPELINE_WAITING_FOR_APPROVAL', subject: asking });
  });

  test('every command that answers has its answer as JSON', { timeout: 180_000 }, async () => {
    const commands = [
      ['status', done],
      ['pipelines', story.ground.pipelines],
      ['check', story.ground.pipelines],
      ['keys', 'list'],
    ];
    const more = [
      ['registry', 'migrations'],
      ['cancel', await story.detach('parcels', { ask: true })],
    ];
    await Promise.all([...commands, ...more].map((words) => json(...words)));
    for (const words of [
      ['keys', 'signing'],
      ['keys', 'encryption', 'x'],
    ]) {
      const { out, err } = await story.headrace(...words, '--json');
      expect([JSON.parse(out), JSON.parse(err)]).toEqual([expect.any(Object), { note: expect.any(String) }]);
    }
  });

  test('what is wrong is JSON on stderr where JSON is asked for', { timeout: 180_000 }, async () => {
    const refusals: [string[], string][] = [
      [['show', 'nobody'], 'unknown_run'],
      [['logs', 'nobody', '--follow'], 'unknown_run'],
      [['events', 'nobody'], 'unknown_run'],
      [['runs', '--since', 'yesterday'], 'bad_request'],
      [['runs', '--status', 'faild'], 'usage'],
      [['runs', '--limit', '0'], 'usage'],
      [['show'], 'usage'],
      [['run', 'nothing'], 'unknown_pipeline'],
      [['approve', done], 'run_ended'],
      [['runs', '--api', 'http://127.0.0.1:59999'], 'unreachable'],
      [['runs', '--api', 'localhost'], 'unreachable'],
      [['check', '/nowhere'], 'nothing_found'],
    ];
    const refused = refusals.map(async ([words, code]) => {
      const { out, err, code: exit } = await story.headrace(...words, '--json');
      expect([words, out, exit]).toEqual([words, '', 2]);
      expect(JSON.parse(err)).toEqual({ error: expect.objectContaining({ code, message: expect.any(String), fix: expect.any(String) }) });
    });
    await Promise.all(refused);
  });
});

describe('following', () => {
  test('events and logs come to the end of the run, one line each', async () => {
    const workflowId = await story.detach('parcels', { ms: 300 });
    const [events, logs] = await Promise.all([said('events', workflowId, '--follow', '--json'), said('logs', workflowId, '--follow', '--json')]);
    const types = events
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as Api<'Event'>).type);
    expect([types[0], types.at(-1)]).toEqual(['PIPELINE_STARTED', 'PIPELINE_SUCCEEDED']);
    expect(JSON.parse(logs)).toMatchObject({ message: 'wrapping' });
  });

  test.each([
    ['status', 'waits for release#1'],
    ['events', 'WAITING_FOR_APPROVAL'],
    ['logs', 'wrapping'],
  ])('%s: Ctrl-C leaves the run alone, and says so', async (command, sign) => {
    const following = new BinaryProcess([command, asking, '--follow'], { ...story.ground.environment, HEADRACE_API: story.api });
    await until(
      () => following.output,
      (text) => text.includes(sign),
    );
    process.kill(following.pid, 'SIGINT');
    expect(await following.exited).toBe(130);
    expect(following.output).toMatch(new RegExp(`the run goes on\\. (npx )?headrace ${command} ${asking} --follow`));
    expect(await story.ground.status(asking)).toMatchObject({ status: 'WAITING_FOR_APPROVAL' });
  });
});

test('one Ctrl-C while the first runs run stops headrace dev, which lets go of its folder', { timeout: 240_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-dev-'));
  const runs = join(folder, 'runs.json');
  writeFileSync(runs, JSON.stringify([{ title: 'A long run', pipeline: 'parcels', input: { ms: 600_000 } }]));
  const environment = { ...story.ground.environment, HEADRACE_TASK_QUEUE: `dev-${randomUUID()}` };
  const dev = new BinaryProcess(['dev', story.ground.pipelines, '--runs', runs, '--state', join(folder, 'state'), '--port', '0'], environment);
  onTestFinished(() => dev.kill());
  await until(
    () => dev.output,
    (text) => text.includes('A long run') || dev.isOver,
    { limit: 180_000 },
  );
  process.kill(dev.pid, 'SIGINT');
  expect(await dev.exited).toBe(130);
  expect(dev.output).toContain('stopping …');
  expect(JSON.parse(readFileSync(join(folder, 'state/owner-1.json'), 'utf8'))).toEqual({ released: true });
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!hasTerminal)('on a terminal', () => {
  test('lists have a head and fit, a run has bars, and a run that is followed a progress bar', async () => {
    const runs = await onTerminal(60, 'runs', '--pipeline', 'parcels');
    expect(runs).toContain(`${esc}[2mRUN`);
    for (const line of runs.split('\r\n')) expect(line.replaceAll(colours, '').length).toBeLessThanOrEqual(60);
    expect(await onTerminal(100, 'show', done)).toMatch(/✓.*wrap#1 .*2 attempts.*█/);
    const followed = await onTerminal(100, 'run', 'parcels', 'ms=600');
    expect(followed).toMatch(new RegExp(`\\r${esc}\\[K░+ 0 % RUNNING`));
    expect(followed).toMatch(new RegExp(`\\r${esc}\\[K${esc}\\[1mpipeline-parcels-.*SUCCEEDED {2}100 %`));
  });
});
