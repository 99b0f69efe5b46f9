import type { Temporal } from '../client/temporal.js';
import { retriesOf } from './call.js';
import { Calls } from './calls.js';
import type { HistoryEvent } from './history-event.js';
import { readHistory } from './read-run.js';

interface Execution {
  retries: number;
  before: string | undefined;
}

const remembered = 10_000;

/** The retries of a run's executions before its last one. What they did never changes, so that each is read once. */
export class EarlierRetries {
  private readonly known = new Map<string, Execution>();

  constructor(private readonly temporal: Temporal) {}

  /**
   * As many as Temporal still knows of.
   *
   * @param events of the last execution
   * @param atOnce how many executions are read for one answer: where a run has more that were never read, the next answers count on
   */
  async of(workflowId: string, events: readonly HistoryEvent[], atOnce = 3): Promise<number> {
    let retries = 0;
    let reads = 0;
    for (let id = executionBefore(events[0]); id !== undefined; ) {
      const known = this.known.get(id);
      if (known === undefined && reads === atOnce) break;
      if (known === undefined) reads += 1;
      const execution: Execution | undefined = known ?? (await this.read(workflowId, id).catch(() => undefined));
      if (execution === undefined) break;
      retries += execution.retries;
      id = execution.before;
    }
    return retries;
  }

  private async read(workflowId: string, executionId: string): Promise<Execution> {
    const events = await readHistory(this.temporal, workflowId, executionId);
    const calls = new Calls();
    for (const event of events) calls.take(event);
    const execution = { retries: retriesOf(calls.all.values()), before: executionBefore(events[0]) };
    this.known.set(executionId, execution);
    if (this.known.size > remembered) this.known.delete(this.known.keys().next().value ?? '');
    return execution;
  }
}

/** The execution that goes on in this one: a reset keeps that of the one it repeats. */
export function executionBefore(first: HistoryEvent | undefined): string | undefined {
  return first?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
}
