import type { Command } from 'commander';
import type { Api, ApiClient } from '../../sdk/api-client/index.js';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { addTarget, openApi, type Target } from './api.js';
import { exitCode } from './explain.js';
import { follow } from './follow.js';
import { interruptible } from './interruptible.js';
import { show } from './output.js';
import { printStatus } from './print-status.js';
import { readInput } from './read-input.js';
import { ownName } from './terminal.js';

/** run, status, approve, decline and cancel: they speak with the API. */
export function addRuns(command: Command): void {
  addTarget(command.command('run <pipeline> [input...]'))
    .description('start a run and follow it to its end: input as JSON, @file or name=value')
    .option('--key <key>', 'an idempotency key: the same key and body start one run only')
    .option('--detach', 'do not wait for the end')
    .action(run);
  addTarget(command.command('status <run>')).description('show how a run stands now, from Temporal alone').option('--follow', 'to its end').action(status);
  addDecider(command.command('approve <run> [approval] [answer...]'))
    .description('approve what a run waits for: answer as JSON, @file or name=value')
    .option('--comment <text>', 'what is kept beside the decision')
    .action((id: string, approval: string | undefined, answer: string[], options: Decider) => decide('approve', id, approval, answer, options));
  addDecider(command.command('decline <run> [approval]'))
    .description('decline what a run waits for')
    .option('--comment <text>', 'the reason')
    .action((id: string, approval: string | undefined, options: Decider) => decide('decline', id, approval, [], options));
  addTarget(command.command('cancel <run>')).description('cancel a run: what it did is undone').action(cancel);
}

async function run(pipeline: string, words: string[], options: Target & { key?: string; detach?: boolean }): Promise<void> {
  const api = openApi(options);
  const params = { path: { id: pipeline }, header: { 'idempotency-key': options.key } };
  const started = await api.post('/v1/pipelines/{id}/execute', { params, body: readInput(words) });
  if (options.detach === true) return show(started, options, `started ${started.workflowId}`);
  if (options.json !== true) console.log(`started ${started.workflowId}`);
  await followToEnd(api, started.workflowId, options);
}

async function status(workflowId: string, options: Target & { follow?: boolean }): Promise<void> {
  const api = openApi(options);
  if (options.follow === true) return followToEnd(api, workflowId, options);
  const answer = await read(api, workflowId);
  show(answer, options, printStatus(answer));
}

async function followToEnd(api: ApiClient, workflowId: string, options: Target): Promise<void> {
  const said = `No longer following; the run goes on. ${ownName} status ${workflowId} --follow shows it again, ${ownName} cancel ${workflowId} ends it.`;
  const status = await interruptible(said, (signal) => follow(() => read(api, workflowId), options.json === true, signal));
  if (status !== undefined) finish(status, options);
}

/** Who it is that decides. */
function addDecider(command: Command): Command {
  return addTarget(command)
    .option('--by <name>', 'who decides; with authentication, who is logged in')
    .option('--role <name>', 'a role of theirs, where there is no authentication; may be given several times', oneMore);
}

function oneMore(role: string, before: string[] = []): string[] {
  return [...before, role];
}

interface Decider extends Target {
  comment?: string;
  by?: string;
  role?: string[];
}

async function decide(decision: 'approve' | 'decline', workflowId: string, said: string | undefined, words: string[], options: Decider): Promise<void> {
  const api = openApi(options);
  const approval = said ?? onlyOne(await read(api, workflowId));
  const body = { decision, answer: decision === 'approve' ? readInput(words) : undefined, comment: options.comment, by: options.by, roles: options.role };
  const params = { path: { workflowId, approval } };
  const decided = await api.post('/v1/pipelines/workflows/{workflowId}/approvals/{approval}', { params, body });
  const more = decided.missing === undefined ? '' : `; ${decided.missing} more must approve`;
  show(decided, options, `${approval}: ${decision === 'approve' ? 'approved' : 'declined'} at ${decided.at}${more}`);
}

/** The approval that is meant where none is named. @throws HeadraceError bad_request when the run waits for several */
export function onlyOne({ pendingSignals }: Pick<Api<'RunStatus'>, 'pendingSignals'>): string {
  const [only, ...more] = pendingSignals;
  if (more.length === 0) return only?.name ?? 'any';
  throw new HeadraceError(`The run waits for several approvals: ${pendingSignals.map(({ id }) => id).join(', ')}.`, {
    code: 'bad_request',
    fix: 'Name the one that is meant, behind the run.',
  });
}

async function cancel(workflowId: string, options: Target): Promise<void> {
  const answer = await openApi(options).post('/v1/pipelines/workflows/{workflowId}/cancel', { params: { path: { workflowId } } });
  show(answer, options, `${workflowId} is asked to cancel; what it did is undone first`);
}

function read(api: ApiClient, workflowId: string): Promise<Api<'RunStatus'>> {
  return api.get('/v1/pipelines/workflows/{workflowId}/status', { params: { path: { workflowId } } });
}

/** What the ready workflows say in their result where not all went well. */
const notWhole: unknown[] = ['CANCELLED', 'ROLLED_BACK', 'INCOMPLETE'];

/** The exit code says how the run ended; a result that says itself that not all went well counts as not succeeded. */
function finish(status: Api<'RunStatus'>, options: Target): void {
  show(status, options, printStatus(status));
  const result = (status.output as { status?: unknown } | null | undefined)?.status;
  if (status.status !== 'SUCCEEDED') process.exitCode = ['FAILED', 'TIMED_OUT', 'TERMINATED'].includes(status.status) ? exitCode.failed : exitCode.notSucceeded;
  else process.exitCode = notWhole.includes(result) ? exitCode.notSucceeded : exitCode.succeeded;
}
