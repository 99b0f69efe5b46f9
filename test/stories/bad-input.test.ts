import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { BinaryProcess } from '../faults/binary-process.js';
import { sized } from '../faults/pipelines/sized.js';
import { until } from '../faults/until.js';
import { type Done, openStory, runBinary, type Story } from './story.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
let story: Story;

beforeAll(async () => void (story = await openStory({ pipelines: join(root, 'test/faults/pipelines') })));
afterAll(() => story?.ground.leave());

/** A refusal names the cause and the fix, and shows nobody a stack. */
function expectRefusal({ code, out, err }: Done, wanted: RegExp, exitCode = 2): void {
  expect(err + out).toMatch(wanted);
  expect(err + out).toMatch(/fix: \S/);
  expect(err + out).not.toMatch(/^\s+at .*:\d+/m);
  expect(code).toBe(exitCode);
}

describe('the command line says cause and fix of', () => {
  test.each<[string, string[], RegExp]>([
    ['an unknown pipeline', ['run', 'keep_row'], /unknown_pipeline: .*keep_row/],
    ['input that does not fit', ['run', 'keep_rows', 'day=yesterday'], /wrong_input: .*day/],
    ['input that is no JSON', ['run', 'keep_rows', '{"day":'], /is not JSON/],
    ['input that is neither JSON nor a pair', ['run', 'keep_rows', 'yesterday'], /'yesterday' is neither/],
    ['a file that is not there', ['run', 'keep_rows', '@/nowhere.json'], /unreadable_file: .*nowhere/],
    ['a run that is not there', ['status', 'nowhere'], /unknown_run: .*nowhere/],
    ['an approval of a run that is not there', ['approve', 'nowhere', 'text_wanted'], /unknown_run/],
    ['a folder that is not there', ['check', '/nowhere/pipelines'], /nothing_found: .*\/nowhere\/pipelines/],
  ])('%s', async (_, words, wanted) => expectRefusal(await story.headrace(...words), wanted));

  test('an API that is not there', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await until(
      () => server.listening,
      (listening) => listening,
    );
    const { port } = server.address() as AddressInfo;
    server.close();
    expectRefusal(await story.headrace('status', 'x', '--api', `http://127.0.0.1:${port}`), new RegExp(`unreachable: .*127\\.0\\.0\\.1:${port}.*ECONNREFUSED`));
  });

  test('an unknown command or option', async () => {
    for (const words of [['runn'], ['run', 'keep_rows', '--speed', '5']]) {
      const { code, err } = await story.headrace(...words);
      expect(err).toMatch(/unknown (command|option)[\s\S]*--help/);
      expect(code).toBe(2);
    }
  });

  test('a Temporal that is not there, for the worker and for the API', async () => {
    const nowhere = { ...story.ground.environment, TEMPORAL_ADDRESS: '127.0.0.1:1' };
    for (const command of ['worker', 'api'])
      expectRefusal(await runBinary([command, story.ground.pipelines], nowhere), /no_temporal: Temporal at 127\.0\.0\.1:1 does not answer/);
    const { out, code } = await runBinary(['doctor'], nowhere);
    expect(out).toMatch(/✗ Temporal 127\.0\.0\.1:1[\s\S]*fix:/);
    expect(out).toMatch(/✓ events +not published/);
    expect(code).toBe(1);
  });

  test('no Kafka where the events are to go', async () => {
    const { out, code } = await runBinary(['doctor'], { ...story.ground.environment, HEADRACE_KAFKA_BROKERS: '127.0.0.1:1' });
    expect(out).toMatch(/✗ events [\s\S]*127\.0\.0\.1:1[\s\S]*fix:/);
    expect(code).toBe(1);
  });

  test('keys that cannot be: no worker and no API begins without the encryption that is configured', async () => {
    for (const command of ['worker', 'api']) {
      const began = (keys: string) => runBinary([command, story.ground.pipelines], { ...story.ground.environment, HEADRACE_ENCRYPTION_KEYS: keys });
      expectRefusal(await began(''), /bad_key: Encryption is configured, and there is no key/);
      expectRefusal(await began('2026:c2hvcnQ='), /bad_key: The key '2026' must be 32 bytes in base64: it is 5 bytes/);
    }
    const { out, code } = await story.headrace('keys', 'encryption', '2026');
    expect(out).toMatch(/^2026:[\w+/]{43}=\n$/);
    expect(code).toBe(0);
  });

  test('a namespace that is not there', async () => {
    expectRefusal(
      await runBinary(['api', story.ground.pipelines, '--port', '0'], { ...story.ground.environment, TEMPORAL_NAMESPACE: 'nowhere' }),
      /no_temporal: .*no namespace 'nowhere'/,
    );
    expectRefusal(
      await runBinary(['worker', story.ground.pipelines], { ...story.ground.environment, TEMPORAL_NAMESPACE: 'nowhere' }),
      /no_temporal: .*nowhere/,
    );
  });

  test('a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await until(
      () => server.listening,
      (listening) => listening,
    );
    const { port } = server.address() as AddressInfo;
    expectRefusal(
      await runBinary(['api', story.ground.pipelines, '--port', String(port)], story.ground.environment),
      new RegExp(`port_taken: Port ${port} is taken by .*${process.pid}`),
    );
  });

  test('settings that cannot be read, or are wrong', async () => {
    const folder = module({});
    expectRefusal(await runBinary(['check', folder], { HEADRACE_SETTINGS: folder }), /unreadable_file/);
    writeFileSync(join(folder, 'headrace.json'), '{"temporl":{}}');
    expectRefusal(await runBinary(['check', folder], { HEADRACE_SETTINGS: join(folder, 'headrace.json') }), /bad_settings: .*temporl/s);
    expectRefusal(await runBinary(['worker', story.ground.pipelines, '--bundle', '/nowhere.cjs'], story.ground.environment), /unreadable_file: .*nowhere/);
  });
});

/** A pipelines folder with these modules. Within the house, so that they find its packages. */
function module(files: Record<string, string>): string {
  mkdirSync(join(root, '.headrace'), { recursive: true });
  const folder = mkdtempSync(join(root, '.headrace/bad-input-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

const imports = "import { pipeline, step } from 'headrace';\nimport * as z from 'zod';\n";
const plain = (id: string, body = 'async () => ({})') => `pipeline('${id}', { input: z.object({}), output: z.object({}) }, ${body})`;

describe('headrace check says file, cause and fix of', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    [
      'an unknown option',
      { 'a.ts': `${imports}export const a = pipeline('a', { input: z.object({}), output: z.object({}), maxDurations: '1 hour' }, async () => ({}));` },
      /unknown_option: .*maxDurations/,
    ],
    [
      'two pipelines of one id',
      { 'a.ts': `${imports}export const a = ${plain('same')};`, 'b.ts': `${imports}export const b = ${plain('same')};` },
      /duplicate_id: .*a\.ts and in .*b\.ts/,
    ],
    ['the id of a ready-made workflow', { 'a.ts': `${imports}export const a = ${plain('data_backfill')};` }, /duplicate_id: .*data_backfill/],
    ['a default export', { 'a.ts': `${imports}export default ${plain('a')};` }, /default_export: .*'a'/],
    [
      'a Node module in a workflow',
      { 'a.ts': `import { readFileSync } from 'node:fs';\n${imports}export const a = ${plain('a', "async () => ({ text: readFileSync('x') })")};` },
      /node_in_workflow: .*a\.ts imports 'node:fs'/,
    ],
    [
      'the work of steps in a workflow',
      { 'a.ts': `import { implement } from 'headrace/node';\n${imports}export const a = ${plain('a', 'async () => void implement({}, {}) ?? {}')};` },
      /node_in_workflow: .*a\.ts imports 'headrace\/node'/,
    ],
    ['a schema that is not JSON', { 'a.ts': `${imports}export const a = step('a', { input: z.object({ day: z.date() }) });` }, /unsafe_schema: .*day/],
    [
      'a schema that changes its own output',
      { 'a.ts': `${imports}export const a = step('a', { input: z.object({ day: z.string().transform((it) => it.length) }) });` },
      /unsafe_schema: .*day/,
    ],
    ['a step that nothing does', { 'a.ts': `${imports}export const s = step('s');\nexport const a = ${plain('a')};` }, /not_implemented: .*'s'/],
    ['an unknown retry preset', { 'a.ts': `${imports}export const s = step('s', { retry: 'loadin' });` }, /bad_declaration: .*loadin/],
    ['an id that cannot be one', { 'a.ts': `${imports}export const a = ${plain('My Pipeline')};` }, /bad_declaration: .*My Pipeline/],
    ['a module that cannot be read', { 'a.ts': 'export const a = ;' }, /unreadable_module: .*/],
    ['a module that imports what is not there', { 'a.ts': "import 'no-such-package';" }, /unreadable_module: .*no-such-package/],
    ["an alias of tsconfig's paths", { 'a.ts': "import '@/lib/size';" }, /unreadable_module: .*@\/lib[\s\S]*fix: .*"imports"/],
    ['a folder without pipelines', { 'a.ts': 'export const nothing = 1;' }, /nothing_found/],
  ])('%s', async (_, files, wanted) => expectRefusal(await runBinary(['check', module(files)], {}), wanted));
});

const megabytes = (n: number) => 'x'.repeat(n * 1_000_000);

describe('what is too large', () => {
  test.each([
    [0.25, 201],
    [1.9, 201],
    [2.1, 413],
    [5, 413],
  ])('as the input of a run: %f MB is answered with %i', async (size, answer) => {
    const { status, body } = await story.http.post('/v1/pipelines/sized/execute', { text: megabytes(size) });
    expect(status).toBe(answer);
    if (answer === 413) expect(body).toMatchObject({ code: 'payload_too_large', fix: expect.any(String) });
    else expect(await story.ground.ended(body.workflowId)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test.each([
    [0.05, 200],
    [0.25, 413],
    [1.9, 413],
    [2.1, 413],
    [5, 413],
  ])('as a decision: %f MB is answered with %i', async (size, answer) => {
    const { workflowId } = (await story.http.post('/v1/pipelines/sized/execute', { asks: true })).body;
    await until(
      () => story.ground.status(workflowId),
      ({ pendingSignals }) => pendingSignals.length > 0,
    );
    const decided = await story.http.post(`${story.http.run(workflowId)}/approvals/text_wanted`, { decision: 'approve', answer: { text: megabytes(size) } });
    expect(decided.status).toBe(answer);
    if (answer === 413) expect(decided.body).toMatchObject({ code: 'payload_too_large', fix: expect.any(String) });
    expect((await story.ground.status(workflowId)).pendingSignals).toHaveLength(answer === 413 ? 1 : 0);
    if (answer === 413) await story.ground.client.run(workflowId).cancel();
  });

  test.each([0.25, 1.9])('as input and as a stray signal of a raw client, %f MB are taken', async (size) => {
    const { client, temporal, taskQueue } = story.ground;
    const text = megabytes(size);
    const workflowId = `raw-${size}-${Date.now()}`;
    const raw = await temporal.workflow.start('sized', { workflowId, taskQueue, args: [{ text, asks: true }] });
    await raw.signal('gossip', { text });
    const run = client.run(workflowId);
    await until(
      () => run.status(),
      ({ ignoredSignals }) => ignoredSignals.length > 0,
    );
    await run.approve('text_wanted', { text: 'short' });
    expect(await story.ground.ended(workflowId)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test.each([2.1, 5])('as input of Headrace’s client, %f MB are refused, typed', async (size) => {
    const started = story.ground.client.start(sized, { text: megabytes(size) });
    await expect(started).rejects.toMatchObject({ name: 'ValidationError', code: 'payload_too_large' });
  });

  test('as input and as a signal of a raw client, 2.1 MB are refused by Temporal, and the run goes on', async () => {
    const { client, temporal, taskQueue } = story.ground;
    const args = [{ text: megabytes(2.1) }];
    await expect(temporal.workflow.start('sized', { workflowId: `raw-${Date.now()}`, taskQueue, args })).rejects.toThrow();
    const { workflowId } = await client.start(sized, { asks: true });
    await expect(temporal.workflow.getHandle(workflowId).signal('text_wanted', { answer: args[0] })).rejects.toThrow();
    await client.run(workflowId).approve('text_wanted', { text: 'short' });
    expect(await story.ground.ended(workflowId)).toMatchObject({ status: 'SUCCEEDED' });
  });

  const outcomes: [string, object, boolean][] = ['gives', 'stepGives', 'stepTakes'].flatMap((where) =>
    [0.25, 1.9, 2.1, 5].map((size): [string, object, boolean] => [`${where} ${size} MB`, { [where]: size * 1_000_000 }, size < 2]),
  );
  test.each(outcomes)('on the way through a run: %s', async (_, input, fits) => {
    const { workflowId } = (await story.http.post('/v1/pipelines/sized/execute', input)).body;
    const ended = await story.ground.ended(workflowId);
    if (fits) expect(ended).toMatchObject({ status: 'SUCCEEDED' });
    else
      expect(ended).toMatchObject({
        status: 'FAILED',
        retries: 0,
        error: { type: 'ValidationError', code: 'payload_too_large', fix: expect.stringContaining('reference') },
      });
  });
});

describe('what a message to Temporal cannot take at once goes in portions:', () => {
  test.each([
    ['three steps with 1.9 MB each', { what: 'steps', count: 3, bytes: 1_900_000 }],
    ['a hundred steps with 60 KB each', { what: 'steps', count: 100, bytes: 60_000 }],
    ['more steps than may be open', { what: 'steps', count: 1_700, bytes: 1 }],
    ['three children with 1.9 MB each', { what: 'children', count: 3, bytes: 1_900_000 }],
  ])(
    '%s',
    async (_, input) => {
      const { workflowId } = (await story.http.post('/v1/pipelines/crowd/execute', input)).body;
      expect(await story.ground.ended(workflowId, 170_000)).toMatchObject({ status: 'SUCCEEDED', output: input.count });
    },
    180_000,
  );
});

test('the same idempotency key with another body is refused by command line and API, and with the same body gives the same run', async () => {
  const key = crypto.randomUUID();
  const run = (text: string) => story.headrace('run', 'sized', JSON.stringify({ text }), '--key', key, '--detach');
  const first = await run('a');
  expect(await run('a')).toEqual(first);
  expectRefusal(await run('b'), /idempotency_conflict: /);
  expect(await story.http.post('/v1/pipelines/sized/execute', { text: 'c' }, { 'idempotency-key': key })).toMatchObject({
    status: 409,
    body: { code: 'idempotency_conflict', fix: expect.any(String) },
  });
});

describe('a run says cause and fix of', () => {
  const loaded = (more: object) => ({
    source: { from: { files: 'vega', path: 'airports.csv' }, into: 'lake' },
    target: { mode: 'append', into: { connection: 'lake', table: 'airports' } },
    ...more,
  });

  test.each<[string, object, object]>([
    [
      'an unknown column in a query',
      loaded({ transform: { statement: 'SELECT iatta FROM extracted' } }),
      { code: 'unknown_column', message: expect.stringContaining('iatta') },
    ],
    [
      'an unknown column in a check',
      loaded({ checks: [{ check: 'not_null', column: 'iatta' }] }),
      { code: 'unknown_column', message: expect.stringMatching(/iatta.*iata/s) },
    ],
    [
      'an unknown table',
      loaded({ source: { from: { table: { connection: 'lake', table: 'nowhere' } }, into: 'lake' } }),
      { code: 'unknown_table', message: expect.stringContaining('nowhere') },
    ],
    ['wrong SQL', loaded({ transform: { statement: 'SELEC iata FROM extracted' } }), { code: 'bad_sql', message: expect.stringContaining('SELEC') }],
    ['an unknown option', loaded({ chekcs: [] }), { code: 'wrong_input', message: expect.stringContaining('chekcs') }],
  ])('%s', async (_, input, error) => {
    const { workflowId = `raw-${crypto.randomUUID()}` } = (await story.http.post('/v1/pipelines/data_pipeline/execute', input)).body;
    if (workflowId.startsWith('raw-'))
      await story.ground.temporal.workflow.start('data_pipeline', { taskQueue: story.ground.taskQueue, workflowId, args: [input] });
    expect(await story.ground.ended(workflowId)).toMatchObject({ status: 'FAILED', error: { ...error, fix: expect.any(String) } });
    const shown = await story.headrace('status', workflowId, '--follow');
    expectRefusal(shown, /FAILED/, 1);
  });

  test.each<[string, object, string, RegExp]>([
    ['a connection that is not declared', { from: { files: 'vegan', path: 'airports.csv' }, into: 'lake' }, 'missing_connection', /vegan.*vega/s],
    ['a file that is not there', { from: { files: 'vega', path: 'airprots.csv' }, into: 'lake' }, 'unreadable_file', /airprots/],
  ])('%s, while it tries again', async (_, source, code, message) => {
    const { workflowId } = (await story.http.post('/v1/pipelines/data_pipeline/execute', loaded({ source }))).body;
    const { activities, status } = await until(
      () => story.ground.status(workflowId),
      ({ activities }) => activities[0]?.error !== undefined,
    );
    expect(activities[0]?.error).toMatchObject({ code, message: expect.stringMatching(message), fix: expect.any(String) });
    expect(['RETRYING', 'FAILED']).toContain(status);
    if (status !== 'RETRYING') return;
    const following = new BinaryProcess(['status', workflowId, '--follow'], { ...story.ground.environment, HEADRACE_API: story.api });
    await until(
      () => following.output,
      (text) => /RETRYING \(attempt \d\): /.test(text) && message.test(text) && text.includes(activities[0]?.error?.fix ?? 'no fix'),
    );
    await story.ground.client.run(workflowId).cancel();
    expect(await following.exited).toBe(3);
  });
});
