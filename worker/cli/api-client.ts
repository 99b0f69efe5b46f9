import { HeadraceError } from '../../sdk/authoring/errors.js';
import { holderOf } from '../dev/ownership.js';

interface Problem {
  detail?: string;
  title?: string;
  code?: string;
  fix?: string;
  where?: string;
}

/** The API's address: as given, by HEADRACE_API, of the `headrace dev` that holds this folder's state, or the default port. */
export function apiAddress(given: string | undefined): string {
  const announced = holderOf('.headrace')
    ?.urls.find((url) => url.endsWith('/v1'))
    ?.replace(/\/v1$/, '');
  return (given ?? process.env.HEADRACE_API ?? announced ?? 'http://127.0.0.1:8092').replace(/\/$/, '');
}

/**
 * One request to the API.
 *
 * @throws HeadraceError unreachable, or the API's own refusal
 */
export async function request<Answer>(api: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await reach(api, `${api}${path}`, { method, ...sent, headers: { 'content-type': 'application/json', ...login(), ...headers } });
  const answer: unknown = await response.json().catch(() => ({}));
  if (response.ok) return answer as Answer;
  const { detail, title, code, fix, where } = answer as Problem;
  throw new HeadraceError(detail ?? title ?? `The API answered ${response.status}.`, { code: code ?? 'failed', fix, where });
}

/** Who runs the command, as an API with authentication wants to know: by an API key or a token. */
function login(): Record<string, string> {
  const { HEADRACE_API_KEY: key } = process.env;
  return key ? { authorization: `Bearer ${key}` } : {};
}

async function reach(api: string, url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw new HeadraceError(`The API at ${api} does not answer: ${cause(error)}.`, {
      code: 'unreachable',
      fix: 'Start one with headrace dev or headrace api, or name its address: --api URL or HEADRACE_API.',
      cause: error,
    });
  }
}

function cause(error: unknown): string {
  const { cause: deeper, message } = error as Error & { cause?: { code?: string; message?: string } };
  return deeper?.code ?? deeper?.message ?? message;
}
