import { setTimeout as wait } from 'node:timers/promises';
import { HeadraceError, PermissionDeniedError, RetryLater, ValidationError } from '../../sdk/index.js';
import { retryAfter } from '../http/http-failure.js';
import { workFailed } from '../outside/work-failed.js';

/** What the client throws for an answer other than 2xx. */
interface Refusal {
  code: number;
  message: string;
  body: unknown;
  headers: Record<string, string>;
}

/** Milliseconds after which a refusal is asked about again: a server that has just started knows nobody's rights yet, and work is cancelled by a refusal. */
const startingUp = [2_000, 5_000];

/** Asks, and gives the house's error where the cluster refuses or does not answer. @param what for messages: 'create the Job' */
export async function answered<Answer>(what: string, connection: string, signal: AbortSignal, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await unlessStarting(signal, ask);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof HeadraceError) throw error;
    throw isRefusal(error) ? failureOf(what, connection, error) : unreachable(what, connection, error);
  }
}

async function unlessStarting<Answer>(signal: AbortSignal, ask: () => Promise<Answer>, [pause, ...pauses] = startingUp): Promise<Answer> {
  return ask().catch(async (error: unknown) => {
    if (pause === undefined || !isForbidden(error)) throw error;
    await wait(pause, undefined, { signal });
    return unlessStarting(signal, ask, pauses);
  });
}

function isForbidden(error: unknown): boolean {
  const status = statusOf(error);
  return (status === 401 || status === 403) && !wordsOf(error as Refusal).includes('exceeded quota');
}

/** Undefined where the object is not there. */
export async function unlessMissing<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  return answer.catch((error: unknown) => {
    if (statusOf(error) === 404) return undefined;
    throw error;
  });
}

/** The HTTP status of a refusal, of the client's error or of ours that it became. */
export function statusOf(error: unknown): number | undefined {
  if (isRefusal(error)) return error.code;
  return error instanceof Error && error.cause !== undefined ? statusOf(error.cause) : undefined;
}

function failureOf(what: string, connection: string, refusal: Refusal): HeadraceError {
  const { code } = refusal;
  const said = wordsOf(refusal);
  const message = `Kubernetes on '${connection}' refuses to ${what} (${code}): ${said}`;
  const where = { where: connection, cause: refusal };
  // A full quota is answered 403, too.
  if (code === 403 && said.includes('exceeded quota')) return workFailed('Kubernetes', connection, said, refusal);
  if ((code === 401 || code === 403) && isStarting(refusal)) return new RetryLater(message, { ...where, after: 500 });
  if (code === 401 || code === 403) return new PermissionDeniedError(message, where);
  if (code === 429 || code === 503) return new RetryLater(message, { ...where, after: retryAfter(refusal.headers['retry-after']) ?? 1_000 });
  if (code >= 500) return new HeadraceError(message, { ...where, code: 'unreachable' });
  return new ValidationError(message, where);
}

/** Whether the server has not read its own configuration yet (API Priority and Fairness names none). */
function isStarting({ headers }: Refusal): boolean {
  return headers['x-kubernetes-pf-flowschema-uid'] === '';
}

const silent = 'it does not say why';

/** The message of the Status object that the server answers with. For some questions the client keeps none. */
function wordsOf({ body, message }: Refusal): string {
  if (body === undefined) return /^Message: (.+)$/m.exec(message)?.[1] ?? silent;
  try {
    const status = (typeof body === 'string' ? JSON.parse(body) : body) as { message?: string };
    return status.message ?? JSON.stringify(body);
  } catch {
    return typeof body === 'string' ? body.slice(0, 300) : silent;
  }
}

/** The cluster did not answer, or stopped in the middle. */
export function unreachable(what: string, connection: string, error: unknown): HeadraceError {
  const { message } = error as Error;
  return new HeadraceError(`Kubernetes on '${connection}' does not answer (${what}): ${message}`, { code: 'unreachable', where: connection, cause: error });
}

function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && typeof (error as Partial<Refusal>).code === 'number' && 'body' in error;
}
