import type { Hook } from '@hono/zod-openapi';
import type { Context, Env } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { problemOf } from './problem.js';

/** Every error of a route as a problem. */
export function refuse(error: unknown): Response {
  if (!(error instanceof HTTPException)) return problemOf(error);
  if (error.status === 415) return problemOf(new HeadraceError('The body is not declared as JSON.', { code: 'wrong_content_type', where: 'Content-Type' }));
  if (error.status === 413) return problemOf(new HeadraceError('The body is too large.', { code: 'payload_too_large', where: 'body' }));
  return problemOf(new HeadraceError(error.message, { code: /JSON/.test(error.message) ? 'malformed_json' : 'bad_request' }));
}

/** A part of the request that does not fit its schema. */
export const refuseInvalid: Hook<unknown, Env, string, Response | undefined> = (result) => {
  if (result.success) return undefined;
  const [issue] = result.error.issues;
  const where = [result.target === 'json' ? 'body' : result.target, ...(issue?.path ?? [])].join('.');
  const code = result.target === 'json' ? 'wrong_input' : 'bad_request';
  return problemOf(
    new HeadraceError(`${where} is wrong: ${issue?.message ?? 'it does not fit its schema'}`, {
      code,
      where,
      fix: '/openapi.json says what each route takes.',
    }),
  );
};

/** What no route takes: an unknown path, or a known one with another method. */
export function refuseUnknown({ req }: Context, routes: readonly { method: string; path: string }[]): Response {
  const allowed = routes.filter(({ path }) => fits(path, req.path)).map(({ method }) => method.toUpperCase());
  if (allowed.length === 0) return problemOf(new HeadraceError(`There is no ${req.path}.`, { code: 'unknown_route', where: req.path }));
  const answer = problemOf(new HeadraceError(`${req.path} takes ${allowed.join(' and ')}, not ${req.method}.`, { code: 'wrong_method', where: req.path }));
  answer.headers.set('allow', allowed.join(', '));
  return answer;
}

function fits(pattern: string, path: string): boolean {
  const parts = pattern.split('/');
  const given = path.split('/');
  return parts.length === given.length && parts.every((part, index) => (part.startsWith('{') ? given[index] !== '' : part === given[index]));
}
