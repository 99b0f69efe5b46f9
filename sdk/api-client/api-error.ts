import { HeadraceError } from '../authoring/errors.js';

/** A refusal of the API with its status, or that it could not be reached: then without one. */
export class ApiError extends HeadraceError {
  /** Of HTTP. */
  readonly status: number | undefined;
  /** Milliseconds after which the same may be asked again, where the API says so. */
  readonly retryAfter: number | undefined;
  /** What was decided instead, where a decision came too late. */
  readonly decided: unknown;

  constructor(message: string, { status, retryAfter, decided, ...options }: ApiErrorOptions) {
    super(message, options, 'unreachable');
    this.status = status;
    this.retryAfter = retryAfter;
    this.decided = decided;
  }

  /** Whether the same may be answered later: nobody answered, or the API asks for patience. */
  get passes(): boolean {
    if (this.status === undefined) return this.code === 'unreachable';
    return this.status === 429 || this.status >= 500;
  }
}

interface ApiErrorOptions {
  status?: number;
  retryAfter?: number;
  decided?: unknown;
  code?: string;
  fix?: string;
  where?: string;
  cause?: unknown;
}

const start = 'Start one with headrace dev or headrace api, or name its address: --api URL or HEADRACE_API.';

/** The API's problem body (RFC 9457) as an error; what is no answer of a Headrace API is said to be none. */
export async function refusalOf(response: Response): Promise<ApiError> {
  const { status, headers } = response;
  const problem = (await response.json().catch(() => undefined)) as Problem | undefined;
  if (problem?.code === undefined) return strangerAt(response);
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  const { detail, title, code, fix, where, decided } = problem;
  return new ApiError(detail ?? title ?? code, { status, code, fix, where, decided, retryAfter: Number.isFinite(seconds) ? seconds * 1_000 : undefined });
}

interface Problem {
  code?: string;
  title?: string;
  detail?: string;
  fix?: string;
  where?: string;
  decided?: unknown;
}

/** Another server's answer. */
export function strangerAt({ url, status, headers }: Response): ApiError {
  const { origin } = new URL(url);
  const said = `${status} ${headers.get('content-type') ?? ''}`.trim();
  return new ApiError(`What answers at ${origin} is no Headrace API: ${said}.`, { status, where: origin, fix: start });
}

/** No answer, or no question: fetch refuses what a header cannot carry before it connects, and gives a cause for all else. */
export function silenceOf(url: string, error: unknown): ApiError {
  if (error instanceof TypeError && error.cause === undefined) return unsendable(error);
  const { cause: deeper, message, name } = error as Error & { cause?: { code?: string; message?: string } };
  const why = name === 'TimeoutError' ? 'it took too long' : (deeper?.code ?? deeper?.message ?? message);
  return new ApiError(`The API at ${url} does not answer: ${why}.`, { where: url, fix: start, cause: error });
}

function unsendable(error: TypeError): ApiError {
  return new ApiError(`The request cannot be sent: ${error.message}`, {
    code: 'bad_request',
    fix: 'Write API keys, tokens and idempotency keys in ASCII: they travel in headers.',
    cause: error,
  });
}

/** An address that is none. */
export function noAddress(url: string): ApiError {
  return new ApiError(`'${url}' is no address of an API.`, { where: url, fix: 'Write it with its scheme: http://127.0.0.1:8092.' });
}

/** Whether the connection was lost before anything was answered. */
export function isReset(error: unknown): boolean {
  const lost = ((error as ApiError).cause as { cause?: { code?: string } } | undefined)?.cause?.code ?? '';
  return ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(lost);
}
