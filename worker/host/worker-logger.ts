import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import { pino } from 'pino';

const output = pino({ level: process.env.HEADRACE_LOG_LEVEL ?? 'warn', base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
/** Fields of Temporal's own that say nothing to the reader of a pipeline's log. */
const leftOut = new Set(['taskToken', 'sdkComponent', 'isLocal', 'namespace', 'activityType']);

/** Temporal's log, the steps' and the pipelines', one JSON object a line on stderr. HEADRACE_LOG_LEVEL=info shows what steps log. */
export function workerLogger(): DefaultLogger {
  return new DefaultLogger('TRACE', write);
}

function write({ level, message, meta }: LogEntry): void {
  const fields = Object.fromEntries(Object.entries(meta ?? {}).filter(([key]) => !leftOut.has(key)));
  const { error, ...rest } = fields;
  output[level.toLowerCase() as 'info'](error instanceof Error ? { ...rest, err: error } : fields, message);
}
