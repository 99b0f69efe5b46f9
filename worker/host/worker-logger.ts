import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import { pino } from 'pino';
import { HeadraceError } from '../../sdk/authoring/errors.js';

const level = process.env.HEADRACE_LOG_LEVEL ?? 'warn';
const output = pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
/** Fields of Temporal's own that say nothing to the reader of a pipeline's log. */
const leftOut = new Set(['taskToken', 'sdkComponent', 'isLocal', 'namespace', 'activityType', 'error', 'task', 'taskEncoded']);

/**
 * Temporal's log, the steps' and the pipelines', one JSON object a line on stderr. HEADRACE_LOG_LEVEL=info shows what steps log, debug the stacks of errors.
 * @param encrypted leaves out what errors say: payloads are encrypted for the same reason
 */
export function workerLogger({ encrypted = false }: { encrypted?: boolean } = {}): DefaultLogger {
  const describe = encrypted ? describeKind : describeError;
  return new DefaultLogger('TRACE', ({ level: severity, message, meta }: LogEntry) => {
    const fields = Object.fromEntries(Object.entries(meta ?? {}).filter(([key]) => !leftOut.has(key)));
    output[severity.toLowerCase() as 'info']({ ...fields, ...describe(meta?.error) }, message);
  });
}

/** The run's status has the whole of an error; the log needs to say which. */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return error === undefined ? {} : { error: JSON.stringify(error) };
  const { name, message, stack, type = name } = error as Error & { type?: string };
  return { error: `${type}: ${message.split('\n')[0]}`, ...(level === 'debug' || level === 'trace' ? { stack } : {}) };
}

/** Where payloads are encrypted, an error's text is as much a secret as they are; Headrace's own about keys are not. */
function describeKind(error: unknown): Record<string, unknown> {
  if (error === undefined) return {};
  const { name, type = name, code } = error as { name?: string; type?: string; code?: unknown };
  if (error instanceof HeadraceError && (code === 'missing_key' || code === 'undecipherable')) return describeError(error);
  return { error: type ?? 'Error', ...(typeof code === 'string' ? { code } : {}) };
}
