import type { Api } from '../../sdk/api-client/index.js';
import { colors, moment, ownName, plain } from './terminal.js';

type RunStatus = Api<'RunStatus'>;

/** How a call stands, in one sign. */
export const marks: Record<string, string> = {
  COMPLETED: colors.green('✓'),
  SCHEDULED: colors.dim('·'),
  RUNNING: colors.cyan('●'),
  RETRYING: colors.yellow('↻'),
  FAILED: colors.red('✗'),
  TIMED_OUT: colors.red('✗'),
  CANCELLED: colors.yellow('○'),
  ABANDONED: colors.yellow('○'),
  SKIPPED: colors.dim('–'),
};

/** A run for people: its steps, what it waits for, what went wrong and what to do. */
export function printStatus(status: RunStatus): string {
  const head = `${colors.bold(plain(status.workflowId))}  ${status.status}  ${Math.round(status.progress * 100)} %${status.duration === undefined ? '' : `  ${status.duration}`}`;
  return [head, ...status.activities.map(printActivity), ...status.pendingSignals.map((it) => printWait(status.workflowId, it)), ...printEnd(status)].join(
    '\n',
  );
}

function printActivity(it: RunStatus['activities'][number]): string {
  const notes = [
    it.duration,
    it.rows === undefined ? undefined : `${it.rows.toLocaleString('en')} rows`,
    it.attempt === undefined || it.attempt < 2 ? undefined : `attempt ${it.attempt}`,
    it.phase,
    it.engine === undefined ? undefined : plain(it.engine.link ?? `${it.engine.name} ${it.engine.id}`),
    it.undo === true ? 'undo' : undefined,
    it.reason === undefined ? undefined : plain(it.reason),
    it.error === undefined ? undefined : plain(it.error.message),
  ];
  return `  ${marks[it.status] ?? ' '} ${(it.callId ?? it.name).padEnd(28)} ${notes.filter((note) => note !== undefined).join('  ')}`.trimEnd();
}

type Waiting = RunStatus['pendingSignals'][number];

/** An approval that is waited for, with the command that approves. */
export function printWait(workflowId: string, waits: Waiting): string {
  const lines = [`  ${colors.yellow('?')} ${plain(waits.question)}  (until ${moment(waits.deadline)})`, ...whoDecides(waits).map((who) => `      ${who}`)];
  return [...lines, `      ${colors.cyan(approvalHint(workflowId, waits))}`].join('\n');
}

function whoDecides({ required, missing, approved = [], roles, notStarter }: Waiting): string[] {
  const names = approved.length === 0 ? '' : `: ${approved.map(({ by }) => plain(by ?? 'somebody')).join(', ')}`;
  return [
    ...(required === undefined ? [] : [`${approved.length} of ${required} people have approved${names}; ${missing} more must`]),
    ...(roles === undefined ? [] : [`for people with the role ${roles.join(' or ')}`]),
    ...(notStarter === undefined ? [] : ['not for who started the run']),
  ];
}

/** The command that approves. */
export function approvalHint(workflowId: string, { name, schema }: Waiting): string {
  const fields = Object.keys((schema as { properties?: object } | undefined)?.properties ?? {});
  return [`${ownName} approve`, plain(workflowId), name, ...fields.map((field) => `${field}=…`)].join(' ');
}

function printEnd({ reason, error, undo, problem, output }: RunStatus): string[] {
  const lines: string[] = [];
  if (error !== undefined) lines.push(...printError(error));
  else if (reason !== undefined) lines.push(`  ${plain(reason)}`);
  if (undo === 'UNCOMPENSATED') lines.push(`  ${colors.red('not undone')}: what its steps did stands`);
  else if (undo !== 'NONE') lines.push(`  undo ${undo}`);
  if (problem !== undefined) lines.push(`  ${colors.red('problem')}: ${plain(problem)}`);
  if (output !== undefined && output !== null) lines.push(`  ${plain(JSON.stringify(output))}`);
  return lines;
}

/** What went wrong, where, and what to do. */
export function printError({ type, message, fix, where }: NonNullable<RunStatus['error']>): string[] {
  const at = where === undefined || message.includes(where) ? '' : ` (${plain(where)})`;
  return [`  ${colors.red(type)}: ${plain(message)}${at}`, ...(fix === undefined ? [] : [`  ${colors.yellow('fix')}: ${plain(fix)}`])];
}
