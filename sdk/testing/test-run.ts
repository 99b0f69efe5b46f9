import type { WorkflowHandle } from '@temporalio/client';
import { toMilliseconds } from '../authoring/duration.js';
import { HeadraceError } from '../authoring/errors.js';
import type { AnyPipeline } from '../authoring/pipeline.js';
import { decide } from '../node/client/decide.js';
import type { Implementation } from '../node/implement.js';
import { describeFailure } from '../node/status/failure.js';
import { keepsFailing } from '../node/status/problem.js';
import { type ReadRun, readRun } from '../node/status/read-run.js';
import type { PendingSignal, RunStatus } from '../node/status/run-status.js';
import { statusOf } from '../node/status/status-of.js';
import { nextMoment } from './next-moment.js';
import { type Decision, decisionOf, type Reply } from './reply.js';
import { resultOf, type TestCall, type TestResult } from './test-result.js';
import type { TestServer } from './test-server.js';

/** What a test sets for one run. */
export interface TestPlan {
  /** Made by `replace`. A step that is not among them does its real work. */
  steps?: readonly Implementation[];
  /** By the approval's id. An approval without a reply ends the test with a sentence. */
  approvals?: Readonly<Record<string, Reply>>;
  workflowId?: string;
}

/** A question, and when the test answers it. */
interface Planned {
  ask: PendingSignal;
  workflowId: string;
  decision: Decision | undefined;
  /** Milliseconds since the epoch. */
  due: number;
  done: boolean;
}

const pause = 10;
/** A run that nothing but people can move, and that asks nobody, for so long, stands still for ever. Milliseconds of the real clock. */
const standstill = 20_000;

/** A run under test, with the children that it starts. */
export class TestRun<Output> {
  private readonly tree = new Set<string>();
  private readonly asks = new Map<string, Planned>();

  constructor(
    readonly workflowId: string,
    private readonly pipeline: AnyPipeline,
    private readonly server: TestServer,
    private readonly plan: TestPlan,
    private readonly calls: TestCall[],
  ) {
    this.tree.add(workflowId);
  }

  /** Temporal's own handle, for what a test does from outside: signals, cancel, terminate. */
  get handle(): WorkflowHandle {
    return this.server.client.workflow.getHandle(this.workflowId);
  }

  /** The run as it stands. */
  async status(): Promise<RunStatus> {
    return (await this.look(this.workflowId)).status;
  }

  /** Goes on until the run waits for the approval, and answers nothing. @throws HeadraceError not_waiting when it ends before */
  async waiting(approval: string): Promise<PendingSignal> {
    for (;;) {
      const status = await this.status();
      const ask = asked(status, approval);
      if (ask !== undefined) return ask;
      if (status.endedAt !== undefined) throw endedBefore(approval, status);
      await this.goOn(approval);
    }
  }

  /** Goes on to the end of the run and of its children. @throws HeadraceError where the test has no reply to an approval, or the run cannot go on */
  async ended(): Promise<TestResult<Output>> {
    try {
      while (await this.goOn());
    } catch (error) {
      await this.handle.terminate('the test ended').catch(() => undefined);
      throw error;
    }
    const { status, read } = await this.look(this.workflowId);
    return resultOf(status, this.calls, read.events);
  }

  /**
   * Answers what is asked, then waits for the work, or lets time pass.
   *
   * @param until an approval before which no time may pass; nothing is answered then
   * @returns whether anything goes on
   */
  private async goOn(until?: string): Promise<boolean> {
    const looks = await Promise.all([...this.tree].map((workflowId) => this.look(workflowId)));
    const open = looks.filter(({ status }) => status.endedAt === undefined);
    if (open.length === 0) return false;
    if (until !== undefined && open.some(({ status }) => asked(status, until) !== undefined)) return true;
    const moments = open.map(({ read }) => nextMoment(read.events, read.described));
    for (const [index, { status, workflowId }] of open.entries()) {
      if (until === undefined) await this.hear(workflowId, status.pendingSignals, moments[index] === undefined);
    }
    if (await this.answer()) return true;
    await this.advance(moments.some((moment) => moment === undefined) ? undefined : Math.min(...(moments as number[]), ...this.dueTimes()));
    return true;
  }

  private async look(workflowId: string): Promise<{ workflowId: string; status: RunStatus; read: ReadRun }> {
    const read = await readRun(this.server.temporal, workflowId);
    const status = statusOf(read.described, read.events, { pipeline: this.pipeline, firstStartedAt: read.firstStartedAt });
    refuseStuck(read, status);
    for (const child of status.children) if (child.runId !== undefined) this.tree.add(child.workflowId);
    return { workflowId, status, read };
  }

  /** Takes note of what is newly asked. A run that works may yet withdraw a question, as one does that is being cancelled. */
  private async hear(workflowId: string, asked: readonly PendingSignal[], works: boolean): Promise<void> {
    for (const ask of asked) {
      const key = `${workflowId} ${ask.id} ${ask.since} ${ask.missing ?? ''}`;
      if (this.asks.has(key)) continue;
      const reply = this.plan.approvals?.[ask.name];
      if (reply === undefined && works) continue;
      if (reply === undefined) throw unanswered(ask);
      const decision = await decisionOf(reply, ask);
      const due = Date.parse(ask.since) + toMilliseconds(decision?.after ?? 0);
      this.asks.set(key, { ask, workflowId, decision, due, done: decision === undefined });
    }
  }

  /** Sends the decisions that are due. @returns whether there was any */
  private async answer(): Promise<boolean> {
    const waiting = [...this.asks.values()].filter(({ done }) => !done);
    if (waiting.length === 0) return false;
    const now = await this.server.now();
    const due = waiting.filter((planned) => planned.due <= now);
    for (const planned of due) {
      planned.done = true;
      const { decision: said, answer, comment, by, roles } = planned.decision as Decision;
      await decide(this.server.temporal, planned.workflowId, { approval: planned.ask.id, decision: said, answer }, { comment, by, roles: roles && [...roles] });
    }
    return due.length > 0;
  }

  private dueTimes(): number[] {
    return [...this.asks.values()].filter(({ done }) => !done).map(({ due }) => due);
  }

  private stillSince: number | undefined;

  private async advance(moment: number | undefined): Promise<void> {
    if (moment !== Infinity) this.stillSince = undefined;
    else if (Date.now() - (this.stillSince ??= Date.now()) > standstill)
      throw new HeadraceError('The run stands still: nothing works, no time-out runs, and nobody is asked.');
    const left = moment === undefined || moment === Infinity ? pause : moment - (await this.server.now());
    if (this.server.skipsTime && moment !== undefined && moment !== Infinity) await this.server.pass(Math.max(1, left));
    else await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

function asked({ pendingSignals }: RunStatus, approval: string): PendingSignal | undefined {
  return pendingSignals.find(({ name, id }) => name === approval || id === approval);
}

function endedBefore(approval: string, { status, reason }: RunStatus): HeadraceError {
  return new HeadraceError(`The run ended ${status} before it asked for '${approval}': ${reason ?? ''}`, { code: 'not_waiting' });
}

/** A workflow task that fails is tried for ever: in a test nobody mends it. */
function refuseStuck({ events }: ReadRun, { endedAt }: RunStatus): void {
  const last = events.findLast((event) => event.workflowTaskFailedEventAttributes != null || event.workflowTaskCompletedEventAttributes != null);
  const failed = last?.workflowTaskFailedEventAttributes;
  if (endedAt !== undefined || failed == null || !keepsFailing(failed)) return;
  throw new HeadraceError(`The run cannot go on: ${describeFailure(failed.failure)?.message ?? 'its workflow task fails'}`, {
    fix: 'Correct the body of the pipeline, or the module that it is in.',
  });
}

function unanswered({ name, question }: PendingSignal): HeadraceError {
  return new HeadraceError(`The run waits for '${name}' ("${question}"), and the test has no reply to it.`, {
    code: 'not_waiting',
    where: name,
    fix: `Pass approvals: { ${name}: 'expire' }, or 'decline', or { answer: … }.`,
  });
}
