import type { ConnectionOptions } from 'trino-client';
import type { Connection, StepContext } from '../../../sdk/node/index.js';

/** The settings of a Trino connection. */
export type TrinoSettings = Extract<Connection, { kind: 'trino' }>;

/** What a statement's headers say of the step that it belongs to. */
export type Caller = Pick<StepContext, 'pipeline' | 'workflowId' | 'callId' | 'timeLimit'> & { readonly tenant: string };

/** How a statement is sent: as whom, where, with what session, and under which names Trino lists it. @param id of work that is looked for later */
export function clientOptions(settings: TrinoSettings, caller: Caller, id?: string): ConnectionOptions {
  const { url: server, catalog, schema } = settings;
  return {
    server,
    catalog,
    schema,
    source: sourceOf(settings, id),
    session: encodeValues({ ...settings.session, query_max_run_time: limitOf(settings, caller) }),
    extraHeaders: headersOf(settings, caller),
  };
}

/** The headers of a request that trino-client has no method for, with its credentials. */
export function authorized(settings: TrinoSettings, caller: Caller): Record<string, string> {
  return { ...headersOf(settings, caller), ...loginOf(settings) };
}

/** Who asks, as the connection has it at this moment. */
export function loginOf({ user, password, token }: TrinoSettings): { Authorization?: string } {
  if (token !== undefined) return { Authorization: `Bearer ${token}` };
  return password === undefined ? {} : { Authorization: basic(user, password) };
}

/** HTTP's basic authentication. Trino reads it as Latin-1, so that only what has no letters there goes as UTF-8, for a proxy that takes it. */
function basic(user: string, password: string): string {
  const login = `${user}:${password}`;
  const isLatin = [...login].every((letter) => letter <= '\xff');
  return `Basic ${Buffer.from(login, isLatin ? 'latin1' : 'utf8').toString('base64')}`;
}

function headersOf(settings: TrinoSettings, caller: Caller): Record<string, string> {
  return {
    'X-Trino-User': settings.user,
    'X-Trino-Client-Tags': tagsOf(settings, caller).join(','),
    'X-Trino-Trace-Token': latin(`${caller.workflowId}/${caller.callId}`),
    'X-Trino-Time-Zone': 'UTC',
    // Without it Trino cuts timestamps to milliseconds.
    'X-Trino-Client-Capabilities': 'PARAMETRIC_DATETIME',
  };
}

/** As system.runtime.queries and resource groups name the sender. */
export function sourceOf({ source }: TrinoSettings, id?: string): string {
  return id === undefined ? source : `${source}/${id}`;
}

function tagsOf({ clientTags }: TrinoSettings, { tenant, pipeline, workflowId, callId }: Caller): string[] {
  return ['headrace', ...clientTags, `tenant=${tenant}`, `pipeline=${pipeline}`, `run=${workflowId}`, `step=${callId}`].map((tag) =>
    latin(tag).replaceAll(',', '_'),
  );
}

/** For the case that nobody is left to end it, Trino knows how long a statement may run. */
function limitOf({ statementTimeout }: TrinoSettings, { timeLimit }: Caller): string {
  return `${Math.ceil(Math.min(statementTimeout || Infinity, timeLimit) / 1000)}s`;
}

/** trino-client writes values as they are, and Trino decodes them: a comma or an equals sign would end one. */
function encodeValues(session: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(session).map(([name, value]) => [name, encodeURIComponent(value)]));
}

/** A header holds no other characters. */
function latin(value: string): string {
  return value.replace(/[^\x20-\x7e]/g, '_');
}
