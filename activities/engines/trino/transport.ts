import { Agent as HttpAgent, type IncomingHttpHeaders, request as openHttp } from 'node:http';
import { Agent as HttpsAgent, request as openHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import { HeadraceError, PermissionDeniedError, RetryLater, ValidationError } from '../../../sdk/index.js';
import { certificateError } from '../../http/certificate.js';
import { objectIn, unexpectedAnswer } from '../../http/unexpected-answer.js';
import { parseExact } from '../../outside/parse-exact.js';
import { patiently } from '../../outside/patience.js';

export interface Ask {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: string | undefined;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Reach {
  /** The connection's name. */
  readonly connection: string;
  readonly server: string;
  /** Authorities of the server's certificate, in PEM. */
  readonly ca?: string | undefined;
  /** Milliseconds for which a server that does not answer, or asks for patience, is asked again. */
  readonly patience: number;
  readonly signal: AbortSignal;
}

/** Milliseconds for one answer: Trino keeps a question open for a second at most when it has nothing to say. */
const answerLimit = 60_000;
const agents = new Map<string, HttpAgent | HttpsAgent>();

/**
 * Sends a request to Trino, again where that may help.
 *
 * @throws the signal's reason, HeadraceError unreachable or work_lost, RetryLater, PermissionDeniedError, ValidationError bad_connection
 */
export function send(reach: Reach, ask: Ask): Promise<Reply> {
  const { patience: limit, signal } = reach;
  return patiently({ limit, signal }, async () => {
    const reply = await sendOnce(reach, ask);
    if (reply.status >= 300) throw refusal(reply, reach.connection);
    return reply;
  });
}

/** What Trino answered, without losing a digit. @param has what tells it from what others answer @throws HeadraceError unexpected_answer */
export function read<Told>(reply: Reply, { connection: where }: Reach, has: string & keyof Told): Told {
  const told = objectIn(reply.text, parseExact);
  if (told === undefined || !(has in told)) throw unexpectedAnswer(`Trino of '${where}'`, reply, { where });
  return told as Told;
}

/** What follows the server's own address: an answer does not choose where credentials are sent. */
function targetOf(server: string, url: string): URL {
  const { pathname, search } = new URL(url, server);
  return new URL(pathname + search, server);
}

async function sendOnce({ connection, server, ca, signal }: Reach, { method, url, headers, body }: Ask): Promise<Reply> {
  const target = targetOf(server, url);
  const open = target.protocol === 'https:' ? openHttps : openHttp;
  const agent = agentOf(target.protocol, ca);
  try {
    return await new Promise((resolve, reject) => {
      const sent = open(target, { method, headers, agent, signal, timeout: answerLimit }, (answer) => {
        text(answer).then((said) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: said }), reject);
      });
      sent.once('timeout', () => sent.destroy(new Error(`no answer within ${answerLimit / 1000} s`)));
      sent.once('error', reject).end(body);
    });
  } catch (error) {
    signal.throwIfAborted();
    const certificate = certificateError(`Trino of '${connection}'`, error, connection);
    if (certificate !== undefined) throw certificate;
    const { message, code } = error as NodeJS.ErrnoException;
    throw new HeadraceError(`Trino of '${connection}' cannot be reached: ${message || code}`, { code: 'unreachable', where: connection, cause: error });
  }
}

/** Connections are kept open from step to step. */
function agentOf(protocol: string, ca: string | undefined): HttpAgent | HttpsAgent {
  const key = `${protocol} ${ca ?? ''}`;
  const agent = agents.get(key) ?? (protocol === 'https:' ? new HttpsAgent({ keepAlive: true, ca }) : new HttpAgent({ keepAlive: true }));
  agents.set(key, agent);
  return agent;
}

/** Closes the connections that are kept open. */
export function closeTransports(): void {
  for (const agent of agents.values()) agent.destroy();
  agents.clear();
}

function refusal({ status, headers, text: said }: Reply, connection: string): Error {
  const message = `Trino of '${connection}' answers ${status}: ${said.trim().slice(0, 300) || 'nothing'}`;
  const options = { where: connection };
  const after = Number(headers['retry-after']) * 1000;
  if ((status === 429 || status === 503) && after > 0) return new RetryLater(message, { ...options, after: Math.min(after, 30_000) });
  if ([429, 502, 503, 504].includes(status)) return new HeadraceError(message, { ...options, code: 'unreachable' });
  if (status === 401) return new PermissionDeniedError(message, { ...options, fix: 'Give the user and password, or the token, that this Trino takes.' });
  if (status === 403) return new PermissionDeniedError(message, options);
  if (status === 404 || status === 410) return new HeadraceError(message, { ...options, code: 'work_lost' });
  if (status < 500) return new ValidationError(message, { ...options, code: 'bad_connection' });
  return new HeadraceError(message, { ...options, code: 'work_failed' });
}
