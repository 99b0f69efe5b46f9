import { type Cost, ValidationError } from '../../sdk/index.js';
import type { Look, OutsideWork } from '../outside/outside-work.js';
import { workFailed } from '../outside/work-failed.js';
import type { AirflowApi } from './airflow-api.js';
import { isPaused, requireDag } from './dag.js';
import { describeFailure } from './failed-tasks.js';
import type { DagTrigger } from './steps.js';
import { readResult } from './task-result.js';

/** Where a DAG run is, by its own id. */
export interface Handle {
  readonly run: string;
}

interface Run {
  state?: string;
  note?: string | null;
  start_date?: string | null;
  end_date?: string | null;
}

const ended = ['success', 'failed'];
/** Tells a run that a step of ours has ended from one that failed by itself. */
const stoppedBy = '. Stopped by the step that began it.';
/** Task instances that do nothing any more. */
const done = ['success', 'skipped', 'failed', 'upstream_failed', 'removed'];

/** One run of a DAG. Airflow takes an id of ours, and refuses a second run under it. */
export class DagRun implements OutsideWork<Handle, unknown> {
  readonly system = 'Airflow';
  readonly connection: string;

  constructor(
    private readonly api: AirflowApi,
    private readonly input: DagTrigger,
    /** What Airflow's people read beside the run. */
    private readonly note: string,
  ) {
    this.connection = input.on;
  }

  async find(run: string, signal: AbortSignal): Promise<Handle | undefined> {
    return (await this.read(run, signal)) && { run };
  }

  async submit(run: string, signal: AbortSignal): Promise<Handle> {
    const { dag, conf, logicalDate, whenPaused } = this.input;
    await requireDag(this.api, dag, whenPaused, signal);
    // 3.x wants a logical date and takes null for none; 2.x takes none, and gives the run the present moment.
    const moment = logicalDate === undefined && this.api.version === 'v1' ? {} : { logical_date: logicalDate ?? null };
    const body = { dag_run_id: run, conf, note: this.note, ...moment };
    const { status } = await this.api.ask({ method: 'POST', path: this.path(), body, expected: [409], signal });
    return status === 409 && (await this.find(run, signal)) === undefined ? this.again(run, signal) : { run };
  }

  /** Airflow takes one run for a date: where an earlier one of this call has it and has failed, that one is done again. */
  private async again(run: string, signal: AbortSignal): Promise<Handle> {
    const theirs = await this.atDate(signal);
    if (theirs === undefined || callOf(theirs.dag_run_id) !== callOf(run)) throw this.dateTaken();
    const path = `${this.path(theirs.dag_run_id)}/clear`;
    if (theirs.state === 'failed') await this.api.ask({ method: 'POST', path, body: { dry_run: false }, signal });
    return { run: theirs.dag_run_id };
  }

  /** The run that has the logical date. */
  private async atDate(signal: AbortSignal): Promise<{ dag_run_id: string; state?: string } | undefined> {
    const { logicalDate } = this.input;
    if (logicalDate === undefined) return undefined;
    const name = this.api.version === 'v1' ? 'execution_date' : 'logical_date';
    const query = { [`${name}_gte`]: logicalDate, [`${name}_lte`]: logicalDate, limit: 1 };
    const { json } = await this.api.ask({ path: this.path(), query, has: 'dag_runs', signal });
    return (json as { dag_runs: { dag_run_id: string; state?: string }[] }).dag_runs[0];
  }

  /** A run that was cleared has the id under which an earlier attempt began it. */
  idOf({ run }: Handle): string {
    return run;
  }

  link({ run }: Handle): string {
    const dag = `${this.api.url}/dags/${encodeURIComponent(this.input.dag)}`;
    return this.api.version === 'v2' ? `${dag}/runs/${run}` : `${dag}/grid?dag_run_id=${run}`;
  }

  async look({ run }: Handle, signal: AbortSignal): Promise<Look<unknown> | undefined> {
    const told = await this.read(run, signal);
    const { state, note } = told ?? {};
    if (told === undefined || state === undefined) return undefined;
    if (state === 'success') return { state: 'SUCCEEDED', result: await this.result(run, signal), cost: costOf(told) };
    if (state === 'failed')
      return { state: 'FAILED', error: workFailed('Airflow', this.connection, await this.failure(run, signal)), isStopped: note?.endsWith(stoppedBy) === true };
    return { state: 'RUNNING', progress: await this.progress(run, state, signal) };
  }

  async cancel({ run }: Handle, signal: AbortSignal): Promise<void> {
    const state = (await this.read(run, signal))?.state;
    if (state === undefined || ended.includes(state)) return;
    const note = `${this.note}${stoppedBy}`;
    // 2.x takes a note apart from the state, and knows none before 2.5.
    const isApart = this.api.version === 'v1';
    if (isApart) await this.api.ask({ method: 'PATCH', path: `${this.path(run)}/setNote`, body: { note }, expected: [404, 405], signal });
    await this.api.ask({ method: 'PATCH', path: this.path(run), body: isApart ? { state: 'failed' } : { state: 'failed', note }, expected: [404], signal });
  }

  private async read(run: string, signal: AbortSignal): Promise<Run | undefined> {
    const { status, json } = await this.api.ask({ path: this.path(run), expected: [404], has: 'state', signal });
    return status === 404 ? undefined : (json as Run);
  }

  private async progress(run: string, state: string, signal: AbortSignal): Promise<unknown> {
    const [tasks, finished] = [await this.count(run, [], signal), await this.count(run, done, signal)];
    const waits = finished < tasks && (await isPaused(this.api, this.input.dag, signal));
    return { state, tasks, finished, ...(waits && { waits: 'the DAG is paused: its tasks run when somebody unpauses it' }) };
  }

  private async count(run: string, states: readonly string[], signal: AbortSignal): Promise<number> {
    const { json } = await this.api.ask({ path: `${this.path(run)}/taskInstances`, query: { limit: 1, state: states }, expected: [404], signal });
    return (json as { total_entries?: number } | undefined)?.total_entries ?? 0;
  }

  private async result(run: string, signal: AbortSignal): Promise<unknown> {
    const { result } = this.input;
    return result === undefined ? null : readResult(this.api, this.path(run), result, signal);
  }

  private async failure(run: string, signal: AbortSignal): Promise<string> {
    return `the run of '${this.input.dag}' failed. ${await describeFailure(this.api, this.path(run), signal)}`;
  }

  private path(run?: string): string {
    const runs = `dags/${encodeURIComponent(this.input.dag)}/dagRuns`;
    return run === undefined ? runs : `${runs}/${encodeURIComponent(run)}`;
  }

  private dateTaken(): ValidationError {
    const { dag, logicalDate } = this.input;
    return new ValidationError(`The DAG '${dag}' has a run of another id for ${logicalDate ?? 'this moment'}.`, {
      where: this.connection,
      fix: 'Leave logicalDate out, or clear the other run in Airflow.',
    });
  }
}

/** Of an outside id: what all numbers of a call have in common. */
function callOf(run: string): string | undefined {
  return /^headrace-[0-9a-f]+/.exec(run)?.[0];
}

/** From the run's first task to its end. */
function costOf({ start_date: start, end_date: end }: Run): Cost | undefined {
  const wallSeconds = (Date.parse(end ?? '') - Date.parse(start ?? '')) / 1_000;
  return wallSeconds >= 0 ? { wallSeconds } : undefined;
}
