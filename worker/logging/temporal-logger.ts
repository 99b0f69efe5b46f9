import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { knownTenant } from '../../sdk/node/run-tenant.js';
import { type Log, processLog } from './log.js';

/** Fields of Temporal's own that say nothing to the reader of a pipeline's log. */
const leftOut = new Set(['taskToken', 'sdkComponent', 'isLocal', 'namespace', 'taskQueue', 'error', 'taskEncoded']);
/** Whose fields are the author's. */
const authors = new Set<unknown>(['activity', 'workflow']);
/** Temporal's words in Headrace's. */
const renamed: Readonly<Record<string, string>> = { workflowRunId: 'runId', workflowType: 'pipeline', activityId: 'callId', activityType: 'step' };
const words: readonly [RegExp, string][] = [
  [/^Activity\b/, 'Step'],
  [/^Workflow\b/, 'Run'],
];

/** For `Runtime.install`: what Temporal's core says comes into the log, and not beside it. */
export const coreLogging = { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } as const;

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/**
 * Temporal's log, the steps' and the pipelines', as entries of the process' log: whose run, which call, which attempt. A run
 * says its tenant by itself (`sdk/sandbox/log-attributes.ts`); a step's is known once a step of its run has said something or failed here.
 *
 * @param encrypted leaves out what errors say: payloads are encrypted for the same reason
 */
export function temporalLogger({ encrypted = false, log = processLog }: { encrypted?: boolean; log?: Log } = {}): DefaultLogger {
  return new DefaultLogger('TRACE', ({ level: severity, message, meta = {} }: LogEntry) => {
    const level = severity.toLowerCase() as Level;
    if (!log.isLevelEnabled(level)) return;
    log[level]({ ...fieldsOf(meta), ...describe(meta.error, log, encrypted) }, meta.sdkComponent === 'worker' ? inOurWords(message) : message);
  });
}

function fieldsOf(meta: Record<string | symbol, unknown>): Record<string, unknown> {
  // What Temporal itself logs as an object holds payloads, decrypted meanwhile.
  const plain = (value: unknown) => authors.has(meta.sdkComponent) || typeof value !== 'object';
  const kept = Object.entries(meta).filter(([key, value]) => !leftOut.has(key) && plain(value));
  // What a step logs under one of these names does not hide whose line it is.
  const ours = [...kept.flatMap(([key, value]) => renamedTo(key, value)), ...tenantOf(meta)];
  return Object.fromEntries([...kept.filter(([key]) => renamed[key] === undefined), ...ours]);
}

function tenantOf({ workflowRunId, runId }: Record<string, unknown>): [string, unknown][] {
  const tenant = knownTenant(String(workflowRunId ?? runId));
  return tenant === undefined ? [] : [['tenant', tenant]];
}

function renamedTo(key: string, value: unknown): [string, unknown][] {
  const name = renamed[key];
  return name === undefined ? [] : [[name, value]];
}

function inOurWords(message: string): string {
  return words.reduce((text, [theirs, ours]) => text.replace(theirs, ours), message);
}

function describe(error: unknown, log: Log, encrypted: boolean): Record<string, unknown> {
  if (error === undefined) return {};
  return encrypted ? describeKind(error, log) : describeError(error, log);
}

/** The run's status has the whole of an error; the log needs to say which. */
function describeError(error: unknown, log: Log): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: JSON.stringify(error) };
  const { name, message, stack, type = name } = error as Error & { type?: string };
  return { error: `${type}: ${message.split('\n')[0]}`, ...(log.isLevelEnabled('debug') ? { stack } : {}) };
}

/** Where payloads are encrypted, an error's text is as much a secret as they are; Headrace's own about keys are not. */
function describeKind(error: unknown, log: Log): Record<string, unknown> {
  const { name, type = name, code } = error as { name?: string; type?: string; code?: unknown };
  if (error instanceof HeadraceError && (code === 'missing_key' || code === 'undecipherable')) return describeError(error, log);
  return { error: type ?? 'Error', ...(typeof code === 'string' ? { code } : {}) };
}
