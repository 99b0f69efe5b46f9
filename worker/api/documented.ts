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
  429: 'Too much is asked at once: try again after Retry-After',
  500: 'A fault of the API itself: its log says more',
  503: 'Temporal, a worker or the registry does not answer: try again after Retry-After',
};

/** What any route may answer. */
const always = [400, 403, 429, 500, 503];

/** An answer in JSON, for a route's documentation. */
export function json<S extends z.ZodType>(schema: S, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

/** An answer that is a stream too, where the request accepts one. */
export function stream<S extends z.ZodType>({ description, content }: ReturnType<typeof json<S>>, message: string) {
  return { description, content: { ...content, 'text/event-stream': { schema: z.string().meta({ description: message }) } } };
}

/** The refusals of a route beside those of any, for its documentation. */
export function problems(...statuses: number[]) {
  return Object.fromEntries([...always, ...statuses].map((status) => [status, problem(status)]));
}

function problem(status: number) {
  const retry = status === 429 || status === 503;
  const headers = retry ? { headers: z.object({ 'retry-after': z.string().meta({ description: 'Seconds' }) }) } : {};
  return { description: titles[status] ?? 'A refusal', ...headers, content: { 'application/problem+json': { schema: Problem } } };
}

/** A run's workflow id in a path, percent-encoded where it has to be. */
export const WorkflowId = z.object({ workflowId: z.string().min(1).max(1_000).meta({ description: "The run's workflow id, percent-encoded" }) });
