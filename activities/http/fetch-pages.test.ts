import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import type { OutgoingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type * as z from 'zod';
import { stepContext } from '../step-context.fixture.js';
import { fetchPages } from './fetch-pages.js';
import { serve } from './server.fixture.js';
import type { HttpSource } from './source.js';

const all = Array.from({ length: 25 }, (_, index) => ({ id: index + 1 }));

type Source = Omit<z.input<typeof HttpSource>, 'connection'>;

async function fetchFrom(url: string, source: Source) {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-http-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'records.jsonl');
  const context = stepContext({ api: { kind: 'http', url, headers: { 'x-key': 'topsecret' }, privateAddresses: true } });
  const fetched = await fetchPages({ connection: 'api', ...source }, file, context);
  expect(fetched.bytes).toBe((await stat(file)).size);
  return { fetched, context, text: await readFile(file, 'utf8') };
}

async function fetchAll(answer: (parameters: URLSearchParams, path: string) => { body: unknown; headers?: OutgoingHttpHeaders }, source: Source) {
  const { url, received } = await serve((request, response) => {
    const asked = new URL(request.url, 'http://server');
    const { body, headers } = answer(asked.searchParams, asked.pathname);
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  });
  const { fetched, context, text } = await fetchFrom(`${url}/v1`, source);
  expect(text).toBe(all.map((record) => `${JSON.stringify(record)}\n`).join(''));
  expect(fetched.records).toBe(25);
  return { fetched, received, context };
}

const slice = (from: number) => all.slice(from, from + 10);

test('pages by number are read up to the first empty one', async () => {
  const { fetched, received } = await fetchAll((query) => ({ body: { data: slice((Number(query.get('page')) - 1) * 10) } }), {
    path: 'orders',
    records: '/data',
    query: { day: '2001-01-01' },
    paging: { by: 'page', size: { parameter: 'per_page', size: 10 } },
  });
  expect(fetched.pages).toBe(4);
  expect(received[0]).toMatchObject({ url: '/v1/orders?day=2001-01-01&page=1&per_page=10', headers: { 'x-key': 'topsecret' } });
});

test('pages by number end at the last one where the answer says which it is', async () => {
  const { fetched, context } = await fetchAll((query) => ({ body: { pages: 3, data: slice((Number(query.get('p')) - 1) * 10) } }), {
    records: '/data',
    paging: { by: 'page', parameter: 'p', last: '/pages' },
  });
  expect(fetched.pages).toBe(3);
  expect(context.heartbeats.at(-1)).toMatchObject({ pages: 3, records: 25 });
});

test('pages by offset go on from the records that came, though the server gives fewer than asked for', async () => {
  const { received } = await fetchAll((query) => ({ body: { total: 25, items: slice(Number(query.get('offset'))) } }), {
    records: '/items',
    paging: { by: 'offset', limit: { parameter: 'limit', size: 50 }, total: '/total' },
  });
  expect(received.map((request) => request.url)).toEqual(['/v1?offset=0&limit=50', '/v1?offset=10&limit=50', '/v1?offset=20&limit=50']);
});

test('pages by cursor follow the word that the answer holds, though it is a long number', async () => {
  const cursors = ['', '9007199254740993'];
  const { url, received } = await serve((request, response) => {
    const first = !request.url.includes('cursor');
    response.end(`{"next": ${first ? cursors[1] : 'null'}, "rows": [{"id": 9007199254740993, "price": 1.10, "name": "12345678901234567\\n\\"x"}]}`);
  });
  const { text } = await fetchFrom(url, { records: '/rows', paging: { by: 'cursor', at: '/next' } });
  expect(received[1]?.url).toBe('/?cursor=9007199254740993');
  expect(text).toBe('{"id":9007199254740993,"price":1.1,"name":"12345678901234567\\n\\"x"}\n'.repeat(2));
});

test('pages by Link header follow rel="next"', async () => {
  await fetchAll(
    (query) => {
      const from = Number(query.get('from') ?? 0);
      return {
        body: slice(from),
        headers: from < 20 ? { link: `</v1/a,b?from=0>; rel="prev", </v1/a,b?from=${from + 10}>; title="a, b"; rel="last next"` } : {},
      };
    },
    { path: 'a,b', paging: { by: 'link' } },
  );
});

test('pages by URL in the answer follow it', async () => {
  await fetchAll(
    (query) => {
      const from = Number(query.get('from') ?? 0);
      return { body: { meta: { next: from < 20 ? `?from=${from + 10}` : null }, data: slice(from) } };
    },
    { records: '/data', paging: { by: 'next_url', at: '/meta/next' } },
  );
});

test('a link to another server is refused, since it would get the key', async () => {
  const { url } = await serve((_, response) => response.end(JSON.stringify({ next: 'https://evil.example/', data: [] })));
  await expect(fetchFrom(url, { records: '/data', paging: { by: 'next_url', at: '/next' } })).rejects.toThrow("where the connection's headers may be sent");
});

test.each(['../admin', '%2e%2e/admin', 'a/../../admin', '/../admin'])('the path %s cannot leave the connection', async (path) => {
  const { url, received } = await serve((_, response) => response.end('[]'));
  await expect(fetchFrom(`${url}/v1`, { path })).rejects.toThrow('leaves');
  expect(received).toEqual([]);
});

test('a path that looks like another server stays below the connection', async () => {
  const { url, received } = await serve((_, response) => response.end('[]'));
  await fetchFrom(`${url}/v1`, { path: '//evil.example/x' });
  await fetchFrom(`${url}/v1`, { path: 'https://evil.example/x?y' });
  expect(received.map((request) => request.url)).toEqual(['/v1/evil.example/x', '/v1/https://evil.example/x%3Fy']);
});

test('more pages than allowed are refused rather than left out', async () => {
  const { url } = await serve((_, response) => response.end('[{}]'));
  await expect(fetchFrom(url, { paging: { by: 'page' }, maxPages: 3 })).rejects.toThrow('more than 3 pages');
});

test('a page that names itself as the next is refused', async () => {
  const { url } = await serve((_, response) => response.end('{"next": "/", "data": []}'));
  await expect(fetchFrom(url, { records: '/data', paging: { by: 'next_url', at: '/next' } })).rejects.toThrow('names itself');
});

test.each([
  ['{"data": [1]}', "Record 0 at '/data'"],
  ['{}', "What is at '/data'"],
])('the answer %s is refused with its reason', async (body, reason) => {
  const { url } = await serve((_, response) => response.end(body));
  await expect(fetchFrom(url, { records: '/data' })).rejects.toThrow(reason);
});

test('an error of the server names the request without its key', async () => {
  const { url } = await serve((request, response) => response.writeHead(500).end(String(request.headers['x-key'])));
  await expect(fetchFrom(url, { path: 'orders' })).rejects.toThrow('GET api:orders was answered 500: ***');
});

test('a file that cannot be written is said', async () => {
  const { url } = await serve((_, response) => response.end('[]'));
  const context = stepContext({ api: { kind: 'http', url, privateAddresses: true } });
  await expect(fetchPages({ connection: 'api', path: '', query: {}, records: '' }, '/no/such/folder/file', context)).rejects.toThrow('ENOENT');
});
