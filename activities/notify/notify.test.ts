import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { Webhook } from 'standardwebhooks';
import { expect, onTestFinished, test } from 'vitest';
import type * as z from 'zod';
import { HeadraceError, Refused, RetryLater, type RunOutcome, ValidationError } from '../../sdk/index.js';
import { type MailSink, startMailSink } from '../../test/servers/smtp.js';
import { serve } from '../http/server.fixture.js';
import { runStep } from '../run-step.fixture.js';
import { stepContext } from '../step-context.fixture.js';
import notifications from './run.js';
import { notifyFailure, notifyPipelineCompletion, notifyQualityIssue } from './steps.js';

const outcome: RunOutcome = {
  run: { pipeline: 'daily_sales', workflowId: 'pipeline-daily_sales-1', runId: 'run-1', startedAt: '2026-02-12T06:00:00.000Z', deadline: undefined },
  status: 'FAILED',
  duration: 323_000,
  output: undefined,
  error: { type: 'ValidationError', message: 'There is no column <price> & more.', code: 'unknown_column', fix: 'Use a column of the table.' },
  undo: 'DONE',
};

async function openMailbox(): Promise<MailSink> {
  const sink = await startMailSink();
  onTestFinished(() => sink.stop());
  return sink;
}

/** A mail server that refuses recipients who begin with `nobody` for good. It keeps the recipients of each mail. */
async function openChoosyMailbox(): Promise<{ port: number; taken: string[][] }> {
  const taken: string[][] = [];
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onRcptTo: ({ address }, _session, done) => done(address.startsWith('nobody') ? Object.assign(new Error('no such user'), { responseCode: 550 }) : undefined),
    onData: (stream, { envelope }, done) => {
      taken.push(envelope.rcptTo.map((recipient) => recipient.address));
      stream.on('end', () => done()).resume();
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => server.close(() => undefined));
  return { port: (server.server.address() as AddressInfo).port, taken };
}

const secret = `whsec_${Buffer.from('a secret of some length').toString('base64')}`;

function fail(to: z.input<typeof notifyFailure.input>['to'], context: ReturnType<typeof stepContext>) {
  return runStep(notifications, notifyFailure, { to, outcome } satisfies z.input<typeof notifyFailure.input>, context);
}

test('Slack gets the failure, its fix and the run, with nothing of it read as a link', async () => {
  const { url, received } = await serve((_, response) => response.end('ok'));
  const context = stepContext({ ops: { kind: 'slack', webhook: `${url}/services/T/B/secretpath`, privateAddresses: true } });
  expect(await fail(['ops'], context)).toEqual({ delivered: ['ops'] });
  const body = JSON.parse(received[0]?.body ?? '') as { text: string; blocks: unknown[] };
  expect(received[0]).toMatchObject({ method: 'POST', url: '/services/T/B/secretpath', headers: { 'content-type': 'application/json' } });
  expect(body.text).toBe('test FAILED\nThere is no column &lt;price&gt; &amp; more.\nUse a column of the table.');
  expect(JSON.stringify(body.blocks)).toContain('*Workflow id*\\npipeline-daily_sales-1');
  expect(JSON.stringify(body.blocks)).toContain('*Duration*\\n5m 23s');
});

test('PagerDuty gets an alert whose dedup_key stays the same through retries', async () => {
  const { url, received } = await serve((_, response) => response.writeHead(202).end('{"status":"success"}'));
  const connections = { pager: { kind: 'pagerduty', routingKey: 'R123', url, privateAddresses: true } } as const;
  await fail(['pager'], stepContext(connections));
  await fail(['pager'], stepContext(connections, { attempt: 2 }));
  await fail(['pager'], stepContext(connections, { key: 'pipeline-test/run-1/step#2' }));
  const [first, second, third] = received.map((request) => JSON.parse(request.body) as Record<string, unknown>);
  expect(first).toMatchObject({
    routing_key: 'R123',
    event_action: 'trigger',
    payload: { severity: 'critical', summary: 'test FAILED', source: 'pipeline-daily_sales-1', timestamp: '2026-02-12T06:05:23.000Z' },
  });
  expect(second).toEqual(first);
  expect(third?.dedup_key).not.toBe(first?.dedup_key);
});

test('a webhook is signed after Standard Webhooks, under an id that stays the same through retries', async () => {
  const { url, received } = await serve((_, response) => response.writeHead(204).end());
  const connections = { hook: { kind: 'webhook', url, secret, privateAddresses: true } } as const;
  await fail(['hook'], stepContext(connections));
  await fail(['hook'], stepContext(connections, { attempt: 2 }));
  const [first, second] = received;
  expect(new Webhook(secret).verify(first?.body ?? '', first?.headers as Record<string, string>)).toMatchObject({
    type: 'headrace.failure',
    timestamp: '2026-02-12T06:05:23.000Z',
    data: { severity: 'critical', facts: { pipeline: 'daily_sales', duration: 323_000, error: 'unknown_column', undo: 'DONE' } },
  });
  expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  expect(second?.body).toBe(first?.body);
});

test('an email has text and escaped HTML, and a Message-ID that stays the same through retries', async () => {
  const { port, mails } = await openMailbox();
  const connections = {
    mail: { kind: 'smtp', host: '127.0.0.1', port, from: 'headrace@example.com', to: ['ops@example.com', 'lead@example.com'] },
  } satisfies Parameters<typeof stepContext>[0];
  await fail(['mail'], stepContext(connections));
  await fail(['mail'], stepContext(connections, { attempt: 2 }));
  const raw = mails[0]?.raw.replaceAll('=\r\n', '') ?? '';
  expect(mails[0]).toMatchObject({ from: 'headrace@example.com', to: ['ops@example.com', 'lead@example.com'] });
  expect(raw).toContain('Subject: [critical] test FAILED');
  expect(raw).toContain('There is no column <price> & more.');
  expect(raw).toContain('There is no column &lt;price&gt; &amp; more.');
  const messageId = (mail = '') => /^Message-ID: (.*)$/im.exec(mail)?.[1];
  expect(messageId(mails[0]?.raw)).toMatch(/^<[0-9a-f]{40}@headrace>/);
  expect(messageId(mails[1]?.raw)).toBe(messageId(mails[0]?.raw));
});

test('the console gets a line of the log', async () => {
  const context = stepContext({ console: { kind: 'console' } });
  await runStep(notifications, notifyPipelineCompletion, { to: ['console'], message: 'All in.', rows: 6 }, context);
  expect(context.lines).toEqual(['test SUCCEEDED: All in.']);
});

test('a completed run tells its rows, and no other output', async () => {
  const { url, received } = await serve((_, response) => response.end());
  const context = stepContext({ hook: { kind: 'webhook', url, secret, privateAddresses: true } });
  for (const output of [{ rows: 42, customer: 'Jane' }, { rows: 'many' }, 'text', undefined, null]) {
    const done: RunOutcome = { ...outcome, status: 'SUCCEEDED', error: undefined, undo: 'NONE', output };
    await runStep(notifications, notifyPipelineCompletion, { to: ['hook'], outcome: done } satisfies z.input<typeof notifyPipelineCompletion.input>, context);
  }
  const facts = received.map((request) => (JSON.parse(request.body) as { data: { facts: Record<string, unknown> } }).data.facts);
  expect(facts.map((fact) => fact.rows)).toEqual([42, undefined, undefined, undefined, undefined]);
  expect(received[0]?.body).not.toContain('Jane');
});

test('a quality issue names the table, the score and the checks that failed', async () => {
  const { url, received } = await serve((_, response) => response.end());
  const context = stepContext({ ops: { kind: 'slack', webhook: url, privateAddresses: true } });
  const quality = {
    score: 0.8,
    checks: [
      { name: 'volume', passed: false, message: '6 rows, usually 16,000' },
      { name: 'nulls', passed: true },
    ],
  };
  await runStep(notifications, notifyQualityIssue, { to: ['ops'], table: { connection: 'lake', table: 'flights' }, quality, minimum: 0.95 }, context);
  expect(received[0]?.body).toContain('Quality of lake:flights is 0.8, below 0.95\\nvolume: 6 rows, usually 16,000');
  expect(received[0]?.body).not.toContain('nulls');
});

test('a quality issue is as severe as the worst check that failed, unless it is said', async () => {
  const context = stepContext({ console: { kind: 'console' } });
  const tell = (changes: object) =>
    runStep(notifications, notifyQualityIssue, { to: { critical: ['console'] }, quality: { score: 0, severity: 'critical', checks: [], ...changes } }, context);
  expect(await tell({})).toEqual({ delivered: ['console'] });
  expect(await tell({ severity: undefined })).toEqual({ delivered: [] });
});

test('a route by severity takes the channels of that severity', async () => {
  const { url, received } = await serve((_, response) => response.end());
  const slack = (path: string) => ({ kind: 'slack', webhook: `${url}/${path}`, privateAddresses: true }) as const;
  const context = stepContext({ pager: slack('pager'), chat: slack('chat'), console: { kind: 'console' } });
  const to = { critical: ['pager', 'chat', 'pager'], warning: ['chat'] };
  expect(await runStep(notifications, notifyFailure, { to, outcome }, context)).toEqual({ delivered: ['pager', 'chat'] });
  expect(await runStep(notifications, notifyFailure, { to, outcome, severity: 'warning' }, context)).toEqual({ delivered: ['chat'] });
  expect(await runStep(notifications, notifyFailure, { to, outcome, severity: 'info' }, context)).toEqual({ delivered: [] });
  expect(received.map((request) => request.url).sort()).toEqual(['/chat', '/chat', '/pager']);
  expect(context.lines).toEqual(['Nobody is told "test FAILED": \'to\' names no connection for info.']);
});

test('when one channel fails, the others are delivered and a retry sends to that one alone', async () => {
  let isDown = true;
  const { url, received } = await serve((request, response) => response.writeHead(request.url === '/b' && isDown ? 500 : 200).end());
  const slack = (path: string) => ({ kind: 'slack', webhook: `${url}/${path}`, privateAddresses: true }) as const;
  const connections = { a: slack('a'), b: slack('b'), c: slack('c') };
  const first = stepContext(connections);
  await expect(fail(['a', 'b', 'c'], first)).rejects.toThrow('b: Slack (b) was answered 500');
  isDown = false;
  const retry = stepContext(connections, { attempt: 2, resumed: first.heartbeats.at(-1) });
  expect(await fail(['a', 'b', 'c'], retry)).toEqual({ delivered: ['a', 'b', 'c'] });
  expect(received.map((request) => request.url).sort()).toEqual(['/a', '/b', '/b', '/c']);
});

test.each([
  [404, undefined, Refused],
  [500, undefined, HeadraceError],
  [429, '9', RetryLater],
])('a channel that answers %i makes the step throw what decides its retry', async (status, after, kind) => {
  const { url } = await serve((_, response) => response.writeHead(status, after === undefined ? {} : { 'retry-after': after }).end());
  const context = stepContext({ ops: { kind: 'slack', webhook: `${url}/services/secretpath`, privateAddresses: true } });
  const error = (await fail(['ops'], context).catch((thrown: unknown) => thrown)) as Error;
  expect(error.constructor).toBe(kind);
  expect(`${error.message}${String(error.cause)}`).not.toContain('secretpath');
});

test('a Slack webhook on a private address is refused unless the connection allows it', async () => {
  const { url, received } = await serve((_, response) => response.end());
  await expect(fail(['ops'], stepContext({ ops: { kind: 'slack', webhook: url } }))).rejects.toThrow('not https');
  await expect(fail(['ops'], stepContext({ ops: { kind: 'slack', webhook: url.replace('http', 'https') } }))).rejects.toThrow('not a public address');
  expect(received).toEqual([]);
});

test('an email to nobody that exists is refused for good, and one to some of them is sent', async () => {
  const { port, taken } = await openChoosyMailbox();
  const mail = (...to: string[]) => stepContext({ mail: { kind: 'smtp', host: '127.0.0.1', port, from: 'headrace@example.com', to } });
  await expect(fail(['mail'], mail('nobody@example.com'))).rejects.toMatchObject({ name: 'Refused', code: new ValidationError('').code });
  const partly = mail('nobody@example.com', 'ops@example.com');
  await fail(['mail'], partly);
  expect(taken).toEqual([['ops@example.com']]);
  expect(partly.lines).toEqual(['Email (mail) was refused for nobody@example.com; the others have it.']);
});

test('an email to a server that is away is tried again', async () => {
  const context = stepContext({ mail: { kind: 'smtp', host: '127.0.0.1', port: 1, from: 'headrace@example.com', to: ['ops@example.com'] } });
  await expect(fail(['mail'], context)).rejects.toMatchObject({ name: 'HeadraceError', code: 'unreachable' });
});

test('a password is not sent to a server without TLS', async () => {
  const { port, mails } = await openMailbox();
  const context = stepContext({
    mail: { kind: 'smtp', host: '127.0.0.2', port, user: 'u', password: 'topsecret', from: 'headrace@example.com', to: ['ops@example.com'] },
  });
  await expect(fail(['mail'], context)).rejects.toThrow();
  expect(mails).toEqual([]);
});

test.each([
  [{ kind: 'smtp', host: '127.0.0.1', from: 'headrace@example.com' }, 'has no recipients'],
  [{ kind: 'webhook', url: 'https://example.com', secret: 'not base64!' }, 'is not base64'],
  [{ kind: 'files', folder: '/tmp' }, 'is of the kind files'],
] as const)('the channel %o is answered by cause and fix', async (connection, reason) => {
  await expect(fail(['ops'], stepContext({ ops: connection as never }))).rejects.toMatchObject({
    message: expect.stringContaining(reason) as string,
    code: 'bad_connection',
    fix: expect.any(String) as string,
  });
});

test('a step that is cancelled stops waiting for a channel that does not answer', async () => {
  const stop = new AbortController();
  const { url } = await serve(() => stop.abort(new Error('cancelled')));
  const context = stepContext({ ops: { kind: 'slack', webhook: url, privateAddresses: true } }, { signal: stop.signal });
  await expect(fail(['ops'], context)).rejects.toThrow('cancelled');
});
