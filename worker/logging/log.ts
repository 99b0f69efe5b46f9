import { type Logger, pino, stdSerializers } from 'pino';
import { withoutSecrets } from '../../sdk/node/connections/known-secrets.js';
import { lineOf } from './log-line.js';

/** A process' log: an object of fields and a sentence. */
export type Log = Logger;

export interface LogSettings {
  level: string;
  /** One JSON object a line, or a short line for people. */
  format: 'json' | 'lines';
  write: (line: string) => void;
}

const levels = Object.keys(pino.levels.values);

/** Makes a log. What was read as a secret is left out of it. */
export function makeLog({ level, format, write }: LogSettings): Log {
  const put = format === 'json' ? write : (json: string) => write(lineOf(json));
  return pino(
    {
      level: levels.includes(level) || level === 'silent' ? level : 'warn',
      base: undefined,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: stdSerializers.err },
      hooks: { streamWrite: withoutSecrets },
    },
    { write: put },
  );
}

/**
 * The log of this process, on stderr. HEADRACE_LOG_LEVEL: warn unless said; info has requests and what steps log, debug the stacks of
 * errors. HEADRACE_LOG_FORMAT: json, or lines, as it is on a terminal.
 */
export const processLog: Log = makeLog({
  level: process.env.HEADRACE_LOG_LEVEL ?? 'warn',
  format: formatOf(process.env.HEADRACE_LOG_FORMAT),
  write: (line) => void process.stderr.write(line),
});

function formatOf(asked: string | undefined): LogSettings['format'] {
  if (asked === 'json' || asked === 'lines') return asked;
  return process.stderr.isTTY ? 'lines' : 'json';
}
