import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { Payload } from '@temporalio/common';
import { cors } from 'hono/cors';
import * as z from 'zod';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { defaultTenant } from '../../sdk/authoring/run-memo.js';
import { payloadCodec } from '../../sdk/node/encryption/payload.js';
import type { Principal } from '../auth/principal.js';
import type { ApiContext } from './api-context.js';
import { json, problems } from './documented.js';
import { limitBody } from './limit-body.js';
import { needs } from './needs.js';

const bytes = z.base64().meta({ format: 'byte', description: 'Base64' });
const PayloadShape = z.object({ metadata: z.record(z.string(), bytes).default({}), data: bytes.optional() }).meta({ id: 'Payload' });
const Payloads = z.object({ payloads: z.array(PayloadShape).max(10_000) }).meta({ id: 'Payloads' });

/** Where the routes are: Temporal's UI and command line put /decode or /encode behind it. */
export const codecPath = '/v1/codec';
/** Bytes of a request, which has the payloads of several events. */
const longestBody = 16_000_000;

const route = (verb: 'decode' | 'encode', summary: string) =>
  createRoute({
    ...needs('admin'),
    method: 'post',
    path: `${codecPath}/{namespace}/${verb}`,
    summary,
    request: {
      params: z.object({ namespace: z.string().max(1_000) }),
      body: { required: true, content: { 'application/json': { schema: Payloads } } },
    },
    responses: { 200: json(Payloads, 'The payloads, in the same order'), ...problems(400, 413, 415, 422, 503) },
  });

const decode = route('decode', "Decrypts payloads for Temporal's UI and command line (--codec-endpoint)");
const encode = route('encode', "Encrypts payloads for Temporal's command line (--codec-endpoint)");

/** Lets the pages of Temporal's UI ask, and ask for more at once than other routes take. To be called before other middleware that limits. */
export function openCodec(app: OpenAPIHono, { encryption }: ApiContext): void {
  const allowHeaders = ['content-type', 'authorization', 'x-namespace'];
  app.use(`${codecPath}/*`, cors({ origin: [...(encryption?.origins ?? [])], allowMethods: ['POST'], allowHeaders, maxAge: 600 }));
  app.use(`${codecPath}/*`, limitBody(longestBody, 'The payloads have'));
}

export function addCodec(app: OpenAPIHono, { encryption }: ApiContext): void {
  const codec = payloadCodec(encryption?.ring);
  app.openapi(decode, async (c) => c.json(await convert((them) => codec.decode(them), c.req.valid('json'), c.var.principal), 200));
  app.openapi(encode, async (c) => c.json(await convert((them) => codec.encode(them), c.req.valid('json'), c.var.principal), 200));
}

type Json = z.output<typeof Payloads>;

async function convert(work: (payloads: Payload[]) => Promise<Payload[]>, { payloads }: Json, { tenant, name }: Principal): Promise<Json> {
  // A payload does not say whose it is.
  if (tenant !== defaultTenant) throw new HeadraceError(`'${name}' is of one tenant, and the codec is for all.`, { code: 'forbidden', where: tenant });
  return { payloads: (await work(payloads.map(fromJson))).map(toJson) };
}

function fromJson({ metadata, data }: Json['payloads'][number]): Payload {
  const entries = Object.entries(metadata).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const);
  return { metadata: Object.fromEntries(entries), data: Buffer.from(data ?? '', 'base64') };
}

function toJson({ metadata, data }: Payload): Json['payloads'][number] {
  const entries = Object.entries(metadata ?? {}).map(([key, value]) => [key, base64(value)] as const);
  return { metadata: Object.fromEntries(entries), data: base64(data ?? new Uint8Array()) };
}

function base64(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
}
