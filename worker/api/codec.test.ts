import { randomUUID } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { KeyRing, newKey } from '../../sdk/node/encryption/key-ring.js';
import { sealPayload } from '../../sdk/node/encryption/payload.js';
import { until } from '../../sdk/node/fixtures/workshop.fixture.js';
import { openSecured, type Secured } from './secured.fixture.js';

const ring = KeyRing.of([newKey('k1')]);
const ui = 'https://temporal.example.com';
const decode = '/v1/codec/matih-pipelines/decode';
const encode = '/v1/codec/matih-pipelines/encode';
let here: Secured;

beforeAll(async () => {
  here = await openSecured(inject('temporal'), { ring, origins: [ui] });
});

afterAll(() => here.close());

/** A payload as Temporal's UI has it from the server. */
function overHttp({ metadata, data }: Payload) {
  const text = (value: Uint8Array) => Buffer.from(value).toString('base64');
  return { metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([key, value]) => [key, text(value)])), data: text(data ?? new Uint8Array()) };
}

const plain = (value: unknown) => overHttp(defaultPayloadConverter.toPayload(value));
const sealed = (value: unknown, keys = ring) => overHttp(sealPayload(keys, defaultPayloadConverter.toPayload(value)));
const login = async (roles: string[], tenant: string) => here.as(await here.issuer.token({ roles, tenant, sub: 'ada' }));
const admin = () => here.as(here.adminKey);

test('what a run of this API carries is decrypted, in its order, and what is in plain stays so', async () => {
  const { body } = await admin().post('/v1/pipelines/shop/execute', { orders: ['planted'] });
  const ended = await until(
    () => admin().status(body.workflowId),
    ({ status }) => status === 'SUCCEEDED',
  );
  expect(ended.output).toEqual({ status: 'COMPLETED', orders: 1 });
  const { events } = await here.workshop.temporal.workflow.getHandle(body.workflowId).fetchHistory();
  const [input] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  const asked = { payloads: [overHttp(input as Payload), plain('as it is')] };
  expect(Buffer.from(asked.payloads[0]?.data ?? '', 'base64').toString('latin1')).not.toContain('planted');
  const { status, body: answer } = await admin().post(decode, asked, { 'x-namespace': 'matih-pipelines' });
  expect(status).toBe(200);
  const texts = answer.payloads.map(({ data }: { data: string }) => JSON.parse(Buffer.from(data, 'base64').toString()));
  expect(texts).toEqual([expect.objectContaining({ orders: ['planted'] }), 'as it is']);
});

test('what is encoded decodes to what it was', async () => {
  const { body } = await admin().post(encode, { payloads: [plain({ card: '4111' })] });
  expect(Buffer.from(body.payloads[0].metadata.encoding, 'base64').toString()).toBe('binary/encrypted');
  expect((await admin().post(decode, body)).body).toEqual({ payloads: [plain({ card: '4111' })] });
});

test('megabytes are decoded, and more than it takes is refused', async () => {
  expect((await admin().post(decode, { payloads: [sealed('x'.repeat(2_000_000)), sealed('x'.repeat(2_000_000))] })).status).toBe(200);
  const huge = { payloads: [{ data: 'A'.repeat(17_000_000) }] };
  expect(await admin().post(decode, huge)).toMatchObject({ status: 413, body: { code: 'payload_too_large', detail: expect.stringContaining('16,000,000') } });
});

test.each([
  ['encrypted with a key that is not here', { payloads: [sealed(1, KeyRing.of([newKey('k2')]))] }, 503, 'missing_key', /'k2'/],
  ['changed', { payloads: [{ ...sealed(1), data: Buffer.alloc(60).toString('base64') }] }, 422, 'undecipherable', /'k1'/],
  ['no base64', { payloads: [{ data: '%' }] }, 422, 'wrong_input', /data/],
  ['no payloads', { payload: [] }, 422, 'wrong_input', /payloads/],
])('a payload that is %s is refused with the fix', async (_, body, status, code, detail) => {
  expect(await admin().post(decode, body)).toMatchObject({ status, body: { code, detail: expect.stringMatching(detail), fix: expect.any(String) } });
});

describe('who may decrypt', () => {
  test.each([
    [['admin'], 'default', 200],
    [['operator', 'approver'], 'default', 403],
    [['admin:shop'], 'default', 403],
    [['admin'], 'acme', 403],
  ])('%j of the tenant %s: %i', async (roles, tenant, status) => {
    const who = await login(roles, tenant);
    for (const path of [decode, encode]) expect((await who.post(path, { payloads: [sealed(randomUUID())] })).status).toBe(status);
  });

  test('nobody without a login', async () => {
    expect(await here.as('').post(decode, { payloads: [] })).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  });
});

describe('a browser', () => {
  const url = () => here.api.url.replace('0.0.0.0', '127.0.0.1') + decode;
  const ask = (origin: string) =>
    fetch(url(), {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,x-namespace,authorization' },
    });

  test("on Temporal's UI may ask, with its token and its namespace", async () => {
    const { status, headers } = await ask(ui);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(ui);
    for (const name of ['content-type', 'x-namespace', 'authorization']) expect(headers.get('access-control-allow-headers')).toContain(name);
    const headersOfPost = { origin: ui, 'content-type': 'application/json', authorization: `Bearer ${here.adminKey}` };
    const answer = await fetch(url(), { method: 'POST', headers: headersOfPost, body: JSON.stringify({ payloads: [sealed(1)] }) });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe(ui);
  });

  test('on any other page may not', async () => {
    expect((await ask('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
  });
});
