import { HeadraceError, PermissionDeniedError, RetryLater } from '../../sdk/index.js';
import { type Answer, fetchAnswer, type GuardedRequest } from '../http/guarded-fetch.js';
import { failureOf } from '../http/http-failure.js';
import { below, type Query } from '../http/source-url.js';
import { objectIn, unexpectedAnswer } from '../http/unexpected-answer.js';

/** A server that is driven by REST. Whoever declares the connection says where it is: private addresses are allowed. */
export interface RestServer {
  /** As people call the system: 'Airflow'. */
  readonly system: string;
  /** The connection's name. */
  readonly connection: string;
  readonly url: string;
  /** Certificates (PEM) that are trusted instead of the usual ones. */
  readonly ca?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Words that errors never show. */
  readonly secrets?: readonly string[];
}

export interface Question extends Pick<GuardedRequest, 'method' | 'maxBytes' | 'timeout'> {
  /** Below the server's url, its parts encoded. */
  readonly path: string;
  readonly query?: Query;
  /** Sent as JSON, or as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses beside 2xx that the caller understands. */
  readonly expected?: readonly number[];
  /** What the object that is answered must have, beside being one. */
  readonly has?: string;
  /** The answer may be anything: a log, or the page of a server that is none of the system's. */
  readonly anyForm?: true;
  readonly signal: AbortSignal;
}

/** An answer, with its body where that is a JSON object. */
export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
}

const needsPatience = (status: number) => status >= 500 || status === 408 || status === 425 || status === 429;

/**
 * Asks a server once.
 *
 * @throws HeadraceError unreachable (or RetryLater) where asking again may help, PermissionDeniedError on 401 and 403, ValidationError on what else is refused,
 * HeadraceError unexpected_answer where something else answers in the server's place
 */
export async function askServer(server: RestServer, question: Question): Promise<Reply> {
  const { method = 'GET', path, expected = [] } = question;
  const name = `${server.system} on '${server.connection}': ${method} ${path}`;
  const answer = await fetchAnswer(requestOf(server, question, name));
  if (!expected.includes(answer.status)) throwFailure(server, name, answer);
  const json = objectIn(answer.text);
  if (!question.anyForm && isOther(answer, json, question.has)) throw unexpectedAnswer(name, answer, { where: server.connection });
  return { status: answer.status, text: answer.text, json };
}

/** Whether it is a page of something else: also one that says 404, of which the work would seem to be gone. Who is refused may be so in any words. */
function isOther({ status }: Answer, json: object | undefined, has: string | undefined): boolean {
  if (status === 204 || status === 401 || status === 403) return false;
  return json === undefined || (status < 300 && has !== undefined && !(has in json));
}

function requestOf(server: RestServer, question: Question, name: string): GuardedRequest {
  const { method, path, query, body, headers, signal, maxBytes, timeout = 30_000 } = question;
  const raw = Buffer.isBuffer(body) || body === undefined;
  return {
    url: below(server.url, path, query),
    ...(method && { method }),
    headers: { accept: 'application/json', ...(raw ? {} : { 'content-type': 'application/json' }), ...server.headers, ...headers },
    ...(body === undefined ? {} : { body: Buffer.isBuffer(body) ? body : JSON.stringify(body) }),
    privateAddresses: true,
    name,
    secrets: server.secrets ?? [],
    signal,
    timeout,
    ...(maxBytes && { maxBytes }),
    ...(server.ca && { ca: server.ca }),
  };
}

function throwFailure({ connection }: RestServer, name: string, { status, headers, text }: Answer): void {
  const failure = failureOf(name, status, headers, text);
  if (failure === undefined) return;
  const { message } = failure;
  if (failure instanceof PermissionDeniedError) throw new PermissionDeniedError(message, { where: connection });
  if (needsPatience(status) && !(failure instanceof RetryLater)) throw new HeadraceError(message, { code: 'unreachable', where: connection });
  throw failure;
}
