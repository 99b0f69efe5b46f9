import { runState } from '../../authoring/run-memo.js';
import type { Temporal } from '../client/temporal.js';
import { Gathered } from './gathered.js';
import { iso } from './history-event.js';
import { readHistory } from './read-run.js';

const remembered = 1_000;

/**
 * How many steps the last success of a pipeline had, to measure progress by. The last before a run's start, so that a run's
 * measure never changes while it lasts; what it says of a run is therefore kept.
 */
export class LastSuccess {
  private readonly byRun = new Map<string, Promise<number | undefined>>();

  constructor(private readonly temporal: Temporal) {}

  /** @param startedAt milliseconds since the epoch */
  stepsBefore(pipeline: string, runId: string, startedAt: number): Promise<number | undefined> {
    const known = this.byRun.get(runId);
    if (known !== undefined) return known;
    const read = this.read(pipeline, startedAt).catch(() => undefined);
    this.byRun.set(runId, read);
    if (this.byRun.size > remembered) this.byRun.delete(this.byRun.keys().next().value ?? '');
    return read;
  }

  private async read(pipeline: string, startedAt: number): Promise<number | undefined> {
    if (!/^\w+$/.test(pipeline)) return undefined;
    const succeeded = `ExecutionStatus = 'Completed' AND ${runState.name} = 'RUNNING'`;
    const query = `WorkflowType = '${pipeline}' AND ${succeeded} AND CloseTime < '${iso(startedAt)}'`;
    const request = { namespace: this.temporal.namespace, query, pageSize: 1 };
    const { executions } = await this.temporal.ask(({ workflowService }) => workflowService.listWorkflowExecutions(request));
    const execution = executions[0]?.execution;
    if (!execution?.workflowId || !execution.runId) return undefined;
    const gathered = new Gathered();
    for (const event of await readHistory(this.temporal, execution.workflowId, execution.runId)) gathered.take(event);
    return gathered.counted().seen;
  }
}
