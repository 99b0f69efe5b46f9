import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import { pino } from 'pino';

const level = process.env.HEADRACE_LOG_LEVEL ?? 'warn';
const output = pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
/** Fields of Temporal's own that say nothing to the reader of a pipeline's log. */
const leftOut = new Set(['taskToken', 'sdkComponent', 'isLocal', 'namespace', 'activityType', 'error']);

/** Temporal's log, the steps' and the pipelines', one JSON object a line on stderr. HEADRACE_LOG_LEVEL=info shows what steps log, debug the stacks of errors. */
export function workerLogger(): DefaultLogger {
  return new DefaultLogger('TRACE', write);
}

function write({ level: severity, message, meta }: LogEntry): void {
  const fields = Object.fromEntries(Object.entries(meta ?? {}).filter(([key]) => !leftOut.has(key)));
  output[severity.toLowerCase() as 'info']({ ...fields, ...describe(meta?.error) }, message);
}

/** The run's status has the whole of an error; the log needs to say which. */
function describe(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return error === undefined ? {} : { error: JSON.stringify(error) };
  const { name, message, stack, type = name } = error as Error & { type?: string };
  return { error: `${type}: ${message.split('\n')[0]}`, ...(level === 'debug' || level === 'trace' ? { stack } : {}) };
}
