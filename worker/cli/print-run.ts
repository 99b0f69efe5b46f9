import type { Api } from '../../sdk/api-client/index.js';
import { ganttBar } from './gantt.js';
import { printCost } from './print-cost.js';
import { marks, printError, printWait } from './print-status.js';
import { table } from './table.js';
import { clock, colors, columns, cut, isTerminal, moment, plain, widthOf } from './terminal.js';

type Run = Api<'RunDetail'>;
type Call = Api<'Call'>;

const longestBar = 60;
const shortestBar = 12;

/** A run whole, for people: its calls with their bars and attempts, who decided what, and how it ended. */
export function printRun(run: Run): string {
  return [
    ...head(run),
    ...calls(run),
    ...run.approvals.map(printOutcome),
    ...run.waiting.map((waits) => printWait(run.workflowId, waits)),
    ...run.children.map((it) => `  ${colors.dim('child')} ${plain(it.workflowId)}  ${it.status}${it.duration === undefined ? '' : `  ${it.duration}`}`),
    ...end(run),
  ].join('\n');
}

function head(run: Run): string[] {
  const { status, duration, partition, rows, retries, startedAt, startedBy, trigger, parent } = run;
  const facts = [
    status,
    duration,
    ...(partition === undefined ? [] : [`partition ${plain(partition)}`]),
    ...(rows === undefined ? [] : [`${rows.toLocaleString('en')} rows`]),
    ...(retries === 0 ? [] : [retries === 1 ? '1 retry' : `${retries} retries`]),
  ];
  const who = startedBy ?? parent ?? trigger;
  return [
    `${colors.bold(plain(run.workflowId))}  ${facts.filter((it) => it !== undefined).join('  ')}`,
    `  ${colors.dim(`started ${moment(startedAt)} by ${plain(who)}${run.endedAt === undefined ? '' : `, ended ${moment(run.endedAt)}`}`)}`,
    ...(run.input === undefined ? [] : [value('input', run.input)]),
  ];
}

function value(name: string, it: unknown): string {
  const text = `  ${colors.dim(name)} ${plain(JSON.stringify(it))}`;
  return isTerminal() ? cut(text, columns()) : text;
}

function calls(run: Run): string[] {
  if (run.calls.length === 0) return [];
  const cells = run.calls.map(callCells);
  const bars = barsOf(run, Math.max(...table(cells).split('\n').map(widthOf)));
  const lines = table(cells.map((row, index) => [...row, bars[index] ?? ''])).split('\n');
  return run.calls.flatMap((call, index) => [lines[index] ?? '', ...callNotes(call)]);
}

function callCells({ status, callId, duration, rows, attempts, phase, undo }: Call): string[] {
  return [
    ...(isTerminal() ? [`${marks[status] ?? ' '} ${callId}`] : [callId, status]),
    duration ?? (isTerminal() ? status.toLowerCase() : ''),
    rows === undefined ? '' : `${rows.toLocaleString('en')} rows`,
    attempts < 2 ? '' : `${attempts} attempts`,
    [...(phase === undefined ? [] : [phase]), ...(undo === undefined ? [] : ['undo'])].join(' '),
  ];
}

/** Where there is room for them and somebody to see them. */
function barsOf(run: Run, taken: number): string[] {
  const width = Math.min(longestBar, columns() - taken - 2);
  if (!isTerminal() || width < shortestBar) return [];
  const total = lengthOf(run);
  return run.calls.map((call) => colors.cyan(ganttBar(call, total, width)));
}

/** To the run's end, to now while a step runs, and while it waits to where its steps came. */
function lengthOf({ durationMs, startedAt, calls: all }: Run): number {
  const now = Date.now() - Date.parse(startedAt);
  return durationMs ?? Math.max(...all.map((call) => (call.durationMs === undefined ? now : call.offsetMs + call.durationMs)));
}

/** What went wrong on the way, and at the end; why it was left out; what it took; where else to look. */
function callNotes({ failedAttempts, error, reason, cost, link }: Call): string[] {
  return [
    ...failedAttempts.map(
      (it) => `attempt ${it.attempt} at ${clock(it.at)}: ${it.error === undefined ? 'failed' : plain(`${it.error.type}: ${it.error.message}`)}`,
    ),
    ...(error === undefined ? [] : [`${colors.red(error.type)}: ${plain(error.message)}`]),
    ...(reason === undefined ? [] : [plain(reason)]),
    ...(cost === undefined ? [] : [`took ${printCost(cost)}`]),
    ...(link === undefined ? [] : [plain(link)]),
  ].map((line) => `      ${line}`);
}

function printOutcome({ id, decision, by, at, comment, answer }: Api<'ApprovalOutcome'>): string {
  const mark = decision === 'approve' ? colors.green('✓') : colors.red('✗');
  const said = [...(answer === undefined ? [] : [JSON.stringify(answer)]), ...(comment === undefined ? [] : [`“${comment}”`])];
  return `  ${mark} ${id} ${decision}${by === undefined ? '' : ` by ${plain(by)}`} at ${moment(at)}${said.map((it) => `  ${plain(it)}`).join('')}`;
}

function end({ output, error, reason, undo, record, endedAt }: Run): string[] {
  return [
    ...(error === undefined ? [] : printError(error)),
    ...(reason === undefined || error !== undefined ? [] : [`  ${plain(reason)}`]),
    ...(undo === undefined || undo === 'NONE' ? [] : [`  undo ${undo}`]),
    ...(output === undefined ? [] : [value('output', output)]),
    ...(record.problem === undefined ? [] : [`  ${colors.red('problem of the record')}: ${plain(record.problem)}`]),
    ...(record.behind && endedAt !== undefined ? [`  ${colors.yellow('the record is behind')}: read last at ${moment(record.readAt)}`] : []),
  ];
}
