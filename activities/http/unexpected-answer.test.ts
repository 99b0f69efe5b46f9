import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { HeadraceError, Refused } from '../../sdk/index.js';
import airflow from '../airflow/run.js';
import { triggerAirflowDag } from '../airflow/steps.js';
import extract from '../extract/run.js';
import { extractData } from '../extract/steps.js';
import flink from '../flink/run.js';
import { flinkJob } from '../flink/steps.js';
import notifications from '../notify/run.js';
import { notifyQualityIssue } from '../notify/steps.js';
import python from '../python/run.js';
import { pythonScript } from '../python/steps.js';
import { runStep } from '../run-step.fixture.js';
import spark from '../spark/run.js';
import { sparkJob } from '../spark/steps.js';
import sqlRun from '../sql/run.js';
import { sql } from '../sql/steps.js';
import { stepContext } from '../step-context.fixture.js';
import { serve } from './server.fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'headrace-unexpected-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const quality = { score: 0.5, passed: false, rows: 1, checks: [] };

/** Steps on a server that may be something else, and the whole answers that are wrong for each. */
const steps: [name: string, objects: string[], start: (url: string) => Promise<unknown>][] = [
  [
    'airflow',
    ['null', '[]', '{}'],
    (url) => run(airflow, triggerAirflowDag, { on: 'it', dag: 'prices' }, { kind: 'airflow', url, token: 'a-token', version: 'v2' }),
  ],
  ['flink', ['null', '[]', '{}'], (url) => run(flink, flinkJob, { on: 'it', run: { jar: { id: 'jar' } } }, { kind: 'flink', rest: url })],
  [
    'spark',
    ['null', '[]', '{}'],
    (url) => run(spark, sparkJob, { on: { as: 'standalone', connection: 'it' }, application: 'file:///a.py' }, { kind: 'spark', rest: url, ui: url }),
  ],
  [
    'kubernetes',
    ['null', '[]'],
    (url) =>
      run(python, pythonScript, { on: { connection: 'it', image: 'python' }, script: { code: 'pass' } }, { kind: 'kubernetes', kubeconfig: kubeconfig(url) }),
  ],
  ['trino', ['null', '[]', '{}'], (url) => run(sqlRun, sql, { on: 'it', statement: 'SELECT 1' }, { kind: 'trino', url, user: 'me', catalog: 'memory' })],
  ['http', [], (url) => run(extract, extractData, { from: { http: { connection: 'it' } }, into: 'lake' }, { kind: 'http', url, privateAddresses: true })],
  [
    'pagerduty',
    ['null', '[]'],
    (url) => run(notifications, notifyQualityIssue, { to: ['it'], quality }, { kind: 'pagerduty', url, routingKey: 'R1', privateAddresses: true }),
  ],
];

type Run = Parameters<typeof runStep>;
function run(module: Run[0], step: Run[1], input: unknown, it: object): Promise<unknown> {
  const connections = { it, lake: { kind: 'duckdb', folder } } as Parameters<typeof stepContext>[0];
  return runStep(module, step, input, stepContext(connections, { attempt: 2 }));
}

function kubeconfig(server: string): string {
  const file = join(folder, 'kubeconfig');
  const clusters = [{ name: 'it', cluster: { server, 'insecure-skip-tls-verify': true } }];
  const contexts = [{ name: 'it', context: { cluster: 'it', user: 'me' } }];
  writeFileSync(file, JSON.stringify({ clusters, contexts, users: [{ name: 'me', user: {} }], 'current-context': 'it' }));
  return file;
}

async function failureOf(step: Promise<unknown>): Promise<HeadraceError> {
  const error: unknown = await step.then(
    (done) => new Error(`it ended well: ${JSON.stringify(done)}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof HeadraceError)) throw error;
  return error;
}

const page = '<!doctype html>\n<html><title>Sign in to the gateway</title></html>';
const html = (status: number) => serve((_, response) => response.writeHead(status, { 'content-type': 'text/html' }).end(page));

describe.each(steps)('%s', (_, objects, start) => {
  test("a proxy's page is told as what it is, and the step is tried again", async () => {
    const { url, received } = await html(200);
    const error = await failureOf(start(url));
    expect(error).toMatchObject({ code: 'unexpected_answer', fix: expect.stringMatching(/address/) });
    expect(error.message).toMatch(/\bit\b.* was answered 200 with what is no JSON: <!doctype html> <html><title>Sign in/);
    expect(error).not.toBeInstanceOf(Refused);
    expect(received).toHaveLength(1);
  });

  test.each(['{"token": "a-secret-of-ours", "data": [', '', ...objects])('the answer %o is told without a word that may be secret', async (body) => {
    const { url } = await serve((_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body));
    const error = await failureOf(start(url));
    expect(error).toMatchObject({ code: 'unexpected_answer' });
    expect(error.message).toMatch(
      / was answered 200 with (nothing|JSON that is cut short \(39 bytes of it came\)|JSON of another kind|what is no JSON: null)$/,
    );
  });
});

test.each(steps.filter(([name]) => ['airflow', 'flink', 'kubernetes'].includes(name)))(
  "%s: a proxy's page that says 404 does not say that the work is gone, which would be begun a second time",
  async (_, _objects, start) => {
    const { url, received } = await html(404);
    expect(await failureOf(start(url))).toMatchObject({ code: 'unexpected_answer' });
    expect(received).toHaveLength(1);
  },
);

test('a login page in the place of Slack is no delivery', async () => {
  const { url } = await html(200);
  const slack = { kind: 'slack', webhook: url, privateAddresses: true };
  const error = await failureOf(run(notifications, notifyQualityIssue, { to: ['it'], quality }, slack));
  expect(error.message).toContain('Slack (it) was answered 200 with what is no JSON: <!doctype html>');
});
