import colors from 'picocolors';

const marks: Record<string, string> = {
  fatal: colors.red('✗'),
  error: colors.red('✗'),
  warn: colors.yellow('!'),
  info: colors.cyan('·'),
};
/** Where it happened is said in words, or known to who reads the log of one machine. */
const told = new Set([
  'level',
  'time',
  'msg',
  'error',
  'stack',
  'err',
  'step',
  'callId',
  'attempt',
  'pipeline',
  'workflowId',
  'runId',
  'tenant',
  'traceId',
  'spanId',
]);

/** An entry of the log, which comes as JSON, as one line for people: what, where, and what the sentence does not say already. */
export function lineOf(json: string): string {
  const entry = JSON.parse(json) as Record<string, unknown>;
  const { level, time, msg, error, stack, err } = entry as Record<string, string | undefined> & { err?: { stack?: string } };
  const said = [msg, error].filter((it) => it !== undefined && it !== '').join(': ');
  const parts = [said, dim(placeOf(entry)), dim(restOf(entry, said))].filter((it) => it !== '');
  const trace = stack ?? err?.stack;
  return `${marks[String(level)] ?? colors.dim('·')} ${colors.dim(String(time).slice(11, 19))} ${parts.join('  ')}${trace === undefined ? '' : `\n${colors.dim(trace)}`}\n`;
}

function dim(text: string): string {
  return text === '' ? '' : colors.dim(text);
}

/** `pick#1, attempt 2, of pipeline-shop-…`. */
function placeOf({ callId, attempt, workflowId }: Record<string, unknown>): string {
  const call = callId === undefined ? undefined : `${callId as string}${Number(attempt) > 1 ? `, attempt ${Number(attempt)},` : ''}`;
  return [call, workflowId as string | undefined].filter((it) => it !== undefined).join(' of ');
}

function restOf(entry: Record<string, unknown>, said: string): string {
  return Object.entries(entry)
    .filter(([name]) => !told.has(name))
    .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)])
    .filter(([, text = '']) => !said.includes(text))
    .map(([name, text]) => `${name}=${text}`)
    .join(' ');
}
