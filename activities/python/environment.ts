import { propagation, context as tracing } from '@opentelemetry/api';
import type * as z from 'zod';
import type { Connection, StepContext } from '../../sdk/node/index.js';
import type { pythonScript } from './steps.js';

type Input = z.output<typeof pythonScript.input>;

/** What a script's environment holds: nothing of the worker's but the PATH. */
export function environmentOf(input: Input, folder: string, resultFile: string, context: StepContext): Record<string, string> {
  const connections = input.connections.map(
    (name) => [`HEADRACE_CONNECTION_${name.toUpperCase().replace(/\W/g, '_')}`, JSON.stringify(context.connection(name))] as const,
  );
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: folder,
    TMPDIR: folder,
    ...environmentAnywhere(input, context),
    ...Object.fromEntries(connections),
    HEADRACE_RESULT: resultFile,
  };
}

/** The part that is the same on a cluster. */
export function environmentAnywhere(input: Input, context: StepContext): Record<string, string> {
  return {
    LANG: 'C.UTF-8',
    ...input.environment,
    HEADRACE_KEY: context.key,
    HEADRACE_ATTEMPT: String(context.attempt),
    ...traceOfStep(),
  };
}

/** TRACEPARENT, where runs are traced: what a script tells of itself is then below its step. */
function traceOfStep(): Record<string, string> {
  const carrier: Record<string, string> = {};
  propagation.inject(tracing.active(), carrier);
  return Object.fromEntries(Object.entries(carrier).map(([name, value]) => [name.toUpperCase(), value]));
}

const secretFields = ['password', 'secret', 'routingKey', 'webhook', 'url'];

/** Words that a script was given in confidence and that are taken out of what it prints. */
export function secretWords(names: readonly string[], context: Pick<StepContext, 'connection'>): string[] {
  return names.flatMap((name) => wordsOf(context.connection(name))).filter((word) => word.length > 3);
}

function wordsOf(connection: Connection): string[] {
  const fields = Object.entries(connection).flatMap(([field, value]) => (secretFields.includes(field) && typeof value === 'string' ? [value] : []));
  const passwords = fields.flatMap((value) => (URL.canParse(value) ? [new URL(value).password] : [])).flatMap((password) => [password, decoded(password)]);
  const headers = connection.kind === 'http' ? Object.values(connection.headers).flatMap((value) => [value, ...value.split(' ')]) : [];
  return [...fields, ...passwords, ...headers];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
