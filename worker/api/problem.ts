import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { catalogue } from '../../sdk/authoring/error-catalogue.js';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { Unauthenticated } from '../auth/unauthenticated.js';
import { processLog } from '../logging/log.js';
import { explainDatabase } from '../registry/explain-database.js';
import { TooMany } from './too-many.js';

/** A refusal as the API answers it: RFC 9457, with code, fix and where as everywhere in Headrace. */
export const Problem = z
  .object({
    type: z.string().meta({ description: 'urn:headrace:problem: and the code' }),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string(),
    fix: z.string().optional(),
    where: z.string().optional(),
    decided: z.unknown().optional().meta({ description: 'What was decided instead' }),
  })
  .meta({ id: 'Problem', description: 'A refusal, after RFC 9457' });

export type Problem = z.output<typeof Problem>;

/** The HTTP status of each code that the API answers. What is not here is a fault of ours: 500. */
export const statuses: Readonly<Record<string, number>> = {
  bad_request: 400,
  malformed_json: 400,
  bad_grant: 400,
  unauthenticated: 401,
  beyond_loopback: 403,
  forbidden: 403,
  wrong_role: 403,
  own_run: 403,
  untrusted_decision: 403,
  unknown_pipeline: 404,
  unknown_run: 404,
  unknown_approval: 404,
  unknown_key: 404,
  unknown_route: 404,
  wrong_method: 405,
  not_waiting: 409,
  already_decided: 409,
  decision_id_used: 409,
  run_ended: 409,
  run_exists: 409,
  key_exists: 409,
  key_revoked: 409,
  idempotency_conflict: 409,
  payload_too_large: 413,
  too_many_requests: 429,
  too_many_streams: 429,
  wrong_content_type: 415,
  wrong_input: 422,
  wrong_answer: 422,
  nameless_decision: 422,
  validation_failed: 422,
  refused: 422,
  unknown_signal: 422,
  undecipherable: 422,
  missing_key: 503,
  no_worker: 503,
  no_answer: 503,
  login_unavailable: 503,
  no_temporal: 503,
  search_attributes_missing: 503,
  not_recorded: 503,
  registry_unreachable: 503,
  no_tenant_wall: 503,
  registry_unreadable: 503,
  registry_changed: 503,
  registry_newer: 503,
  state_in_use: 503,
  too_slow: 503,
};

/** Seconds. */
const retryAfter: Record<number, string> = { 429: '1', 503: '5' };

/** An error as the API's answer. Of what is no error of Headrace's own, the reader learns an id and the log the rest. */
export function problemOf(error: unknown): Response {
  const known = knownError(error);
  const status = statuses[known.code] ?? 500;
  const { message: detail, code, fix, where } = known;
  const { decided } = known as { decided?: unknown };
  const body: Problem = {
    type: `urn:headrace:problem:${code}`,
    title: title(code),
    status,
    detail,
    code,
    fix: fix ?? (catalogue as Record<string, string>)[code],
    where,
    decided,
  };
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' };
  if (retryAfter[status] !== undefined) headers['retry-after'] = retryAfter[status];
  if (known instanceof TooMany) headers['retry-after'] = String(known.retryAfter);
  if (known instanceof Unauthenticated)
    headers['www-authenticate'] = known.given ? 'Bearer realm="headrace", error="invalid_token"' : 'Bearer realm="headrace"';
  return new Response(JSON.stringify(body), { status, headers });
}

function knownError(error: unknown): HeadraceError {
  const named = error instanceof HeadraceError ? error : explainDatabase(error);
  return named !== undefined && statuses[named.code] !== undefined ? named : internal(error);
}

function internal(error: unknown): HeadraceError {
  const id = randomUUID();
  processLog.error({ err: error, id }, 'The API failed at a request.');
  return new HeadraceError('The API failed at this request.', { code: 'internal', where: id });
}

/** `already_decided` → 'Already decided'. */
function title(code: string): string {
  const words = code.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
