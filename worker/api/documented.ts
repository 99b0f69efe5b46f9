import * as z from 'zod';
import { Problem } from './problem.js';

const titles: Record<number, string> = {
  400: 'The request cannot be read',
  401: 'It needs a login',
  403: 'The role does not suffice',
  404: 'There is no such thing',
  409: 'It contradicts what is',
  413: 'It is too large',
  415: 'It is not JSON',
  422: 'It does not fit its schema',
  503: 'Temporal or a worker does not answer: try again after Retry-After',
};

/** An answer in JSON, for a route's documentation. */
export function json<S extends z.ZodType>(schema: S, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

/** The refusals of a route, for its documentation. */
export function problems(...statuses: number[]) {
  return Object.fromEntries(
    statuses.map((status) => [status, { description: titles[status] ?? 'A refusal', content: { 'application/problem+json': { schema: Problem } } }]),
  );
}

/** A run's workflow id in a path, percent-encoded where it has to be. */
export const WorkflowId = z.object({ workflowId: z.string().min(1).max(1_000).meta({ description: "The run's workflow id, percent-encoded" }) });

/** Where a list goes on. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(10_000).optional().meta({ description: 'The cursor of the page before' }),
});
