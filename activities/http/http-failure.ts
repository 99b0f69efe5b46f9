import type { IncomingHttpHeaders } from 'node:http';
import { HeadraceError, PermissionDeniedError, RetryLater, ValidationError } from '../../sdk/index.js';

/** No server makes a step wait longer than this. */
const longestWait = 3_600_000;

/** The error that an answer other than 2xx stands for, or undefined. `what` names the request without its secrets. */
export function failureOf(what: string, status: number, headers: IncomingHttpHeaders, body: string): HeadraceError | undefined {
  if (status >= 200 && status < 300) return undefined;
  const excerpt = body.replace(/\s+/g, ' ').trim().slice(0, 300);
  const message = `${what} was answered ${status}${excerpt === '' ? '' : `: ${excerpt}`}`;
  if (status >= 300 && status < 400) return redirected(message);
  if (status === 401 || status === 403) return new PermissionDeniedError(message);
  const after = status === 429 || status === 503 ? retryAfter(headers['retry-after']) : undefined;
  if (after !== undefined) return new RetryLater(message, { after });
  if (status >= 500 || status === 408 || status === 425 || status === 429)
    return new HeadraceError(message, { fix: 'It is tried again. If it goes on, look at the server.' });
  return new ValidationError(message);
}

function redirected(message: string): ValidationError {
  return new ValidationError(message, { fix: "Redirects are not followed: write the final address into the connection's url." });
}

/** Milliseconds to wait by a Retry-After header, which is seconds or an HTTP date (RFC 9110 §10.2.3). */
export function retryAfter(header: string | undefined, now = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  const wait = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), longestWait);
}
