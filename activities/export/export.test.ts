import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import type * as z from 'zod';
import { PermissionDeniedError, ValidationError } from '../../sdk/index.js';
import { startMailSink } from '../../test/servers/smtp.js';
import { closeEngines, withEngine } from '../engines/open-engine.js';
import { serve } from '../http/server.fixture.js';
import { runStep } from '../run-step.fixture.js';
import { stepContext } from '../step-context.fixture.js';
import exports from './run.js';
import { type Exported, exportData } from './steps.js';

type Input = z.input<typeof exportData.input>;
type Connections = Parameters<typeof stepContext>[0];

afterAll(closeEngines);

/** A lake with a table of five delays, whose ids are longer than a double is exact. */
async function lake(more: Connections = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const connections: Connections = {
    lake: { kind: 'duckdb', folder: join(folder, 'lake') },
    reports: { kind: 'files', folder: join(folder, 'reports') },
    ...more,
  };
  await withEngine(stepContext(connections), 'lake', (engine) =>
    engine.replace('delays', {
      text: "SELECT 9007199254740993 + i AS id, 'A<' || i || '>' AS airport, CAST((i * 7) % 5 AS INTEGER) AS delay, DATE '2001-01-01' + CAST(i AS INTEGER) AS day FROM range(5) t(i)",
    }),
  );
  return { connections, reports: join(folder, 'reports') };
}

const delays = { connection: 'lake', table: 'delays' };

function send(connections: Connections, input: Omit<Input, 'from'> & { from?: Input['from'] }, changes: Parameters<typeof stepContext>[1] = {}) {
  return runStep(exports, exportData, { from: delays, ...input }, stepContext(connections, changes)) as Promise<Exported>;
}

test('a table becomes a CSV file, with chosen columns in the order asked for', async () => {
  const { connections, reports } = await lake();
  const exported = await send(connections, {
    to: { files: 'reports', path: '2001/delays.csv' },
    select: ['airport', 'delay'],
    orderBy: [{ column: 'delay', descending: true }],
  });
  expect(await readFile(join(reports, '2001/delays.csv'), 'utf8')).toBe('airport,delay\nA<2>,4\nA<4>,3\nA<1>,2\nA<3>,1\nA<0>,0\n');
  expect(exported).toEqual({ rows: 5, bytes: 49, location: 'reports:2001/delays.csv' });
});

test.each([
  ['delays.jsonl', /^\{"id":9007199254740993,"airport":"A<0>","delay":0,"day":"2001-01-01"\}\n/],
  ['delays.json', /^\[\s*\{"id":9007199254740993/],
  ['delays.parquet', /^PAR1/],
])('the ending of %s says its format', async (path, start) => {
  const { connections, reports } = await lake();
  expect(await send(connections, { to: { files: 'reports', path } })).toMatchObject({ rows: 5 });
  expect(await readFile(join(reports, path), 'latin1')).toMatch(start);
});

test('a file is replaced as a whole, and nothing is left of an export that fails', async () => {
  const { connections, reports } = await lake();
  await mkdir(reports);
  await writeFile(join(reports, 'delays.csv'), 'old');
  await expect(send(connections, { to: { files: 'reports', path: 'delays.csv' }, select: ['nothing'] })).rejects.toMatchObject({ code: 'unknown_column' });
  await expect(send(connections, { to: { files: 'reports', path: 'delays.csv' } }, { signal: AbortSignal.abort(new Error('cancelled')) })).rejects.toThrow(
    'cancelled',
  );
  expect(await readFile(join(reports, 'delays.csv'), 'utf8')).toBe('old');
  await send(connections, { to: { files: 'reports', path: 'delays.csv' } });
  expect(await readdir(reports)).toEqual(['delays.csv']);
});

test('a file cannot leave the folder of its connection', async () => {
  const { connections, reports } = await lake();
  await mkdir(reports);
  await symlink(tmpdir(), join(reports, 'link'));
  for (const path of ['../out.csv', '/tmp/out.csv', 'link/out.csv'])
    await expect(send(connections, { to: { files: 'reports', path } })).rejects.toThrow(PermissionDeniedError);
  await expect(send(connections, { to: { files: 'reports', path: 'out.xls' } })).rejects.toThrow('does not say its format');
});

test('inline rows become a file without their texts being taken for dates or numbers', async () => {
  const { connections, reports } = await lake();
  const rows: Record<string, string | number | boolean | null>[] = [
    { day: '2001-01-01', code: '007', share: 0.5, 'a "b"': true },
    { day: '2001-01-02', code: null, share: 2 },
  ];
  await send(connections, { from: { rows }, to: { files: 'reports', path: 'rows.jsonl' } });
  expect(await readFile(join(reports, 'rows.jsonl'), 'utf8')).toBe(
    '{"day":"2001-01-01","code":"007","share":0.5,"a \\"b\\"":true}\n{"day":"2001-01-02","code":null,"share":2.0,"a \\"b\\"":null}\n',
  );
});

test('a table is replaced by the rows', async () => {
  const { connections } = await lake();
  expect(await send(connections, { to: { table: { connection: 'lake', table: 'published' } }, select: ['id'] })).toMatchObject({
    rows: 5,
    location: 'lake:published',
  });
  const { rows } = await withEngine(stepContext(connections), 'lake', (engine) => engine.query({ text: 'SELECT count(*) AS n FROM published' }, 1));
  expect(rows).toEqual([{ n: 5 }]);
});

test('an endpoint gets batches, each under a key that stays the same through retries', async () => {
  const { url, received } = await serve((_, response) => response.writeHead(201).end());
  const { connections } = await lake({ api: { kind: 'http', url: `${url}/v1`, headers: { authorization: 'Bearer key' }, privateAddresses: true } });
  const to = { http: 'api', path: 'delays', batch: 2, field: 'records' };
  expect(await send(connections, { to })).toMatchObject({ rows: 5, location: 'api:delays' });
  await send(connections, { to }, { attempt: 2 });
  expect(received[0]).toMatchObject({ method: 'POST', url: '/v1/delays', headers: { authorization: 'Bearer key' } });
  expect(received[0]?.body).toBe(
    '{"records":[{"id":9007199254740993,"airport":"A<0>","delay":0,"day":"2001-01-01"},{"id":9007199254740994,"airport":"A<1>","delay":2,"day":"2001-01-02"}]}',
  );
  const sent = received.map(({ headers, body }) => [headers['idempotency-key'], body]);
  expect(sent.slice(3)).toEqual(sent.slice(0, 3));
  expect(new Set(sent.map(([key]) => key)).size).toBe(3);
});

test('a retry goes on behind the last batch that the endpoint took', async () => {
  let isDown = false;
  const { url, received } = await serve((_, response) => {
    response.writeHead(isDown ? 500 : 200).end();
    isDown = received.length === 1;
  });
  const { connections } = await lake({ api: { kind: 'http', url, privateAddresses: true } });
  const input = { from: delays, to: { http: 'api', batch: 2 }, orderBy: [{ column: 'id', descending: true }] };
  const first = stepContext(connections);
  await expect(runStep(exports, exportData, input, first)).rejects.toThrow('(batch 2) was answered 500');
  isDown = false;
  expect(await runStep(exports, exportData, input, stepContext(connections, { resumed: first.heartbeats.at(-1) }))).toMatchObject({ rows: 5 });
  const ids = received.map(({ body }) => [...body.matchAll(/"id":\d*(\d\d\d)/g)].map(([, id]) => Number(id)));
  expect(ids).toEqual([[997, 996], [995, 994], [995, 994], [993]]);
});

test('Slack gets the first rows as a table and the number of the others', async () => {
  const { url, received } = await serve((_, response) => response.end('ok'));
  const { connections } = await lake({ ops: { kind: 'slack', webhook: url, privateAddresses: true } });
  expect(await send(connections, { to: { slack: 'ops', title: 'Delays', rows: 2 }, select: ['airport', 'delay'] })).toMatchObject({ rows: 2 });
  const { text, blocks } = JSON.parse(received[0]?.body ?? '') as { text: string; blocks: { text: { text: string } }[] };
  expect(text).toBe('Delays');
  expect(blocks.map((block) => block.text.text)).toEqual(['Delays', '```airport  delay\nA&lt;0&gt;     0\nA&lt;1&gt;     2```', 'and 3 more rows']);
});

test('an email has the first rows as a table, escaped, and all of them as a CSV attachment', async () => {
  const sink = await startMailSink();
  onTestFinished(() => sink.stop());
  const { connections } = await lake({ mail: { kind: 'smtp', host: '127.0.0.1', port: sink.port, from: 'headrace@example.com' } });
  const to = { email: 'mail', recipients: ['team@example.com'], subject: 'Delays of 2001-01-01\r\nBcc: evil@example.com', text: 'Good <morning>', rows: 2 };
  expect(await send(connections, { to })).toMatchObject({ rows: 5, location: 'email:mail' });
  const raw = sink.mails[0]?.raw.replaceAll('=\r\n', '').replaceAll('=3D', '=') ?? '';
  expect(sink.mails[0]?.to).toEqual(['team@example.com']);
  expect(raw).not.toMatch(/^Bcc:/m);
  expect(raw).toContain('Good &lt;morning&gt;');
  expect(raw).toContain('>A&lt;1&gt;</td>');
  expect(raw).not.toContain('>A&lt;2&gt;</td>');
  expect(raw).toContain('and 3 more rows in the attachment');
  expect(raw).toContain('filename=Delays-of-2001-01-01-Bcc-evil-example.com.csv');
  const attached = /text\/csv.*?\r\n\r\n([A-Za-z0-9+/=\r\n]+?)\r\n--/s.exec(sink.mails[0]?.raw ?? '')?.[1] ?? '';
  expect(Buffer.from(attached, 'base64').toString()).toMatch(/^id,airport,delay,day\n9007199254740993,A<0>,0,2001-01-01\n/);
});

test('an email that would be too large is refused before it is sent', async () => {
  const { connections } = await lake({ mail: { kind: 'smtp', host: '127.0.0.1', port: 1, from: 'headrace@example.com', to: ['team@example.com'] } });
  await withEngine(stepContext(connections), 'lake', (engine) =>
    engine.replace('large', { text: "SELECT repeat('x', 1000) AS text, i FROM range(12000) t(i)" }),
  );
  await expect(send(connections, { from: { connection: 'lake', table: 'large' }, to: { email: 'mail', subject: 'Large' } })).rejects.toThrow(ValidationError);
});

test('an unknown table, column or connection is answered by name', async () => {
  const { connections } = await lake();
  const to = { files: 'reports', path: 'a.csv' };
  await expect(send(connections, { from: { connection: 'lake', table: 'nothing' }, to })).rejects.toMatchObject({ code: 'unknown_table' });
  await expect(send(connections, { to, orderBy: [{ column: 'nothing' }] })).rejects.toMatchObject({
    code: 'unknown_column',
    message: expect.stringContaining('id, airport, delay, day') as string,
  });
  await expect(send(connections, { to: { files: 'elsewhere', path: 'a.csv' } })).rejects.toMatchObject({ code: 'missing_connection' });
});
