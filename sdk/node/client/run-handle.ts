import type * as z from 'zod';
import type { AnyApproval, Approval } from '../../authoring/approval.js';
import type { Decided } from '../../authoring/decision.js';
import { HeadraceError } from '../../authoring/errors.js';
import { defaultTenant, runTenant } from '../../authoring/run-memo.js';
import { parse } from '../../authoring/schema.js';
import { decode } from '../status/history-event.js';
import { describeRun } from '../status/read-run.js';
import type { RunStatus } from '../status/run-status.js';
import { checkApproval } from './check-arguments.js';
import { type DecisionOptions, decide } from './decide.js';
import { awaitResult } from './run-result.js';
import type { Temporal } from './temporal.js';

/** An approval, its id, or one ask of it (`release_anyway#2`). */
export type ApprovalName = string | AnyApproval;

/** Whose a run is. */
export interface RunOwner {
  tenant: string;
  pipeline: string;
}

/** One run, by its workflow id. */
export class RunHandle<Output = unknown> {
  constructor(
    private readonly temporal: Temporal,
    readonly workflowId: string,
    private readonly readStatus: (workflowId: string) => Promise<RunStatus>,
  ) {}

  /** How the run stands, at every moment and after its end. @throws HeadraceError unknown_run or no_temporal */
  status(): Promise<RunStatus> {
    return this.readStatus(this.workflowId);
  }

  /**
   * Whose it is, and the run id of its first execution.
   *
   * @param executionId one of its executions; the latest one unless said
   * @throws HeadraceError unknown_run or no_temporal
   */
  async owner(executionId?: string): Promise<RunOwner & { runId: string }> {
    const { workflowExecutionInfo: info } = await describeRun(this.temporal, this.workflowId, executionId);
    const tenant = decode(info?.searchAttributes?.indexedFields?.[runTenant.name]);
    const runId = info?.firstRunId || (info?.execution?.runId ?? '');
    return { pipeline: info?.type?.name ?? '', tenant: typeof tenant === 'string' ? tenant : defaultTenant, runId };
  }

  /** Approves. @throws DecisionRefused when the decision does not count; HeadraceError no_worker, unknown_run or no_temporal */
  async approve<A extends z.ZodType>(approval: Approval<string, A>, answer: z.input<A>, options?: DecisionOptions): Promise<Decided>;
  async approve(approval: string, answer?: unknown, options?: DecisionOptions): Promise<Decided>;
  async approve(approval: ApprovalName, answer?: unknown, options: DecisionOptions = {}): Promise<Decided> {
    checkApproval(approval);
    if (typeof approval !== 'string') parse(approval.answer, answer, `The answer to ${approval.id}`, 'wrong_answer');
    return decide(this.temporal, this.workflowId, { approval: idOf(approval), decision: 'approve', answer }, options);
  }

  /** Declines: the run ends CANCELLED, after undo, unless its body catches that. @throws as approve does */
  async decline(approval: ApprovalName, options: DecisionOptions = {}): Promise<Decided> {
    checkApproval(approval);
    return decide(this.temporal, this.workflowId, { approval: idOf(approval), decision: 'decline' }, options);
  }

  /** Asks the run to cancel: what it did is undone first. @throws HeadraceError run_ended, unknown_run or no_temporal */
  async cancel(): Promise<void> {
    const ended = () => new HeadraceError(`The run '${this.workflowId}' has ended.`, { code: 'run_ended', where: this.workflowId });
    const { workflowExecutionInfo: info } = await describeRun(this.temporal, this.workflowId);
    // Temporal takes a second cancellation of a run that the first one ended.
    if (info?.closeTime != null) throw ended();
    await this.temporal.ask(({ workflow }) => workflow.getHandle(this.workflowId).cancel(), ended);
  }

  /** Waits for the run's output. @throws Declined, ApprovalExpired, CancelledError, TerminatedError, or what the run failed with */
  result(): Promise<Output> {
    return awaitResult(this.temporal, this.workflowId) as Promise<Output>;
  }
}

function idOf(approval: ApprovalName): string {
  return typeof approval === 'string' ? approval : approval.id;
}
