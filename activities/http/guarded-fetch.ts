import * as http from 'node:http';
import * as https from 'node:https';
import { HeadraceError, ValidationError } from '../../sdk/index.js';
import { certificateError } from './certificate.js';
import { failureOf } from './http-failure.js';
import { limitTime } from './limit-time.js';
import { checkUrl, publicLookup } from './public-lookup.js';

export interface GuardedRequest {
  url: URL;
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Allows http, and loopback, private and link-local addresses. */
  privateAddresses: boolean;
  /** How errors name the request: it never holds a secret, as URLs and headers may. */
  name: string;
  /** Words that are taken out of error messages, in case the server repeats them. */
  secrets?: readonly string[];
  signal: AbortSignal;
  /** Milliseconds for the whole exchange; 60 seconds unless said. */
  timeout?: number;
  /** The longest body of an answer that is read; 8 MiB unless said. */
  maxBytes?: number;
  /** Certificates (PEM) that are trusted instead of the usual ones; with private addresses only. */
  ca?: string;
}

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
}

const usualTimeout = 60_000;

/**
 * Sockets are kept apart: one that a connection with private addresses opened never serves a connection without.
 * They are kept alive, since a source of a thousand pages would otherwise shake hands a thousand times.
 */
const agents = {
  public: new https.Agent({ keepAlive: true, lookup: publicLookup() }),
  private: { 'https:': new https.Agent({ keepAlive: true }), 'http:': new http.Agent({ keepAlive: true }) },
  /** By the certificates that they trust. */
  trusting: new Map<string, https.Agent>(),
};

/**
 * Sends one request. Follows no redirect, and reaches only https on public addresses unless private ones are allowed.
 *
 * @returns an answer of 2xx, read whole
 * @throws ValidationError on 3xx and 4xx and on a certificate that does not hold, PermissionDeniedError on 401, 403 and a closed address, RetryLater on 429 and 503 with Retry-After,
 * HeadraceError on 5xx, a time-out or a broken connection; the signal's reason when that is aborted
 */
export async function guardedFetch(request: GuardedRequest): Promise<Answer> {
  const answer = await fetchAnswer(request);
  const failure = failureOf(request.name, answer.status, answer.headers, answer.text);
  if (failure !== undefined) throw failure;
  return answer;
}

/** As guardedFetch, for callers that know what the statuses of a server mean: an answer of any status, without its secrets where it is not of 2xx. */
export async function fetchAnswer(request: GuardedRequest): Promise<Answer> {
  request.signal.throwIfAborted();
  if (!request.privateAddresses) checkUrl(request.url);
  const patience = limitTime(request.signal, request.timeout ?? usualTimeout);
  const answer = await exchange(request, patience.signal)
    .catch((error: unknown) => {
      throw explain(request, error, patience.isOver());
    })
    .finally(patience.end);
  return answer.status < 300 ? answer : { ...answer, text: redact(answer.text, request.secrets) };
}

function exchange(request: GuardedRequest, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { request: open, agent } = transport(request);
    const headers = { 'accept-encoding': 'identity', 'user-agent': 'headrace', ...lengthOf(request.body), ...request.headers };
    const sent = open(request.url, { method: request.method ?? 'GET', headers, agent, signal }, (response) => {
      read(response, request).then((text) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }), reject);
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (isStale(sent, error)) exchange(request, signal).then(resolve, reject);
      else reject(error);
    });
    sent.end(request.body);
  });
}

/** A kept socket that the server closed just when it was used again: reading once more is safe, writing might do it twice. */
function isStale(sent: http.ClientRequest, error: NodeJS.ErrnoException): boolean {
  return sent.reusedSocket && error.code === 'ECONNRESET' && sent.method === 'GET';
}

function transport({ url, privateAddresses, ca }: GuardedRequest) {
  if (!privateAddresses) return { request: https.request, agent: agents.public };
  if (url.protocol !== 'https:') return { request: http.request, agent: agents.private['http:'] };
  return { request: https.request, agent: ca === undefined ? agents.private['https:'] : agentTrusting(ca) };
}

function agentTrusting(ca: string): https.Agent {
  const agent = agents.trusting.get(ca) ?? new https.Agent({ keepAlive: true, ca });
  agents.trusting.set(ca, agent);
  return agent;
}

function lengthOf(body: string | Buffer | undefined): Record<string, string> {
  return body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
}

async function read(response: http.IncomingMessage, { name, maxBytes = 8 * 1_048_576 }: GuardedRequest): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new ValidationError(`${name} was answered with more than ${maxBytes} bytes.`, { fix: 'Ask for smaller pages.' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function explain(request: GuardedRequest, error: unknown, isOver: boolean): unknown {
  if (request.signal.aborted) return request.signal.reason;
  if (error instanceof HeadraceError) return error;
  if (isOver)
    return new HeadraceError(`${request.name} got no whole answer within ${(request.timeout ?? usualTimeout) / 1_000} seconds.`, { code: 'unreachable' });
  const certificate = certificateError(request.name, error);
  if (certificate !== undefined) return certificate;
  const reason = error instanceof AggregateError ? error.errors.map(String).join('; ') : (error as Error).message;
  return new HeadraceError(`${request.name} failed: ${redact(reason, request.secrets)}`, { code: 'unreachable' });
}

function redact(text: string, secrets: readonly string[] = []): string {
  return secrets.filter((secret) => secret.length > 3).reduce((cleaned, secret) => cleaned.replaceAll(secret, '***'), text);
}
