import { CancellationScope, log } from '@temporalio/workflow';
import { resultOf } from '../authoring/ended-result.js';
import type { Flow } from '../authoring/flow.js';
import { refuseOversize } from '../authoring/payload-size.js';
import type { AnyPipeline, Notifications, RunOutcome } from '../authoring/pipeline.js';
import { parse } from '../authoring/schema.js';
import { fillSlot } from '../authoring/slot.js';
import { callStep } from './call-step.js';
import { takeDecisions } from './decide.js';
import { toFailure } from './failure.js';
import { makeFlow } from './flow.js';
import { close, endOf, isTemporals, outcomeOf } from './outcome.js';
import { at } from './place.js';
import { beginRun, type RunState, untilFinished } from './run-state.js';
import { takeSignals } from './signals.js';
import { type VerifyDecision, verifyWith } from './trust.js';
import { undoAll } from './undo.js';

/**
 * A pipeline as a Temporal workflow: the generated entry exports one function a pipeline, which calls this.
 * Every error of the body, its input or its output ends the run, typed, after undo; none leaves it running for ever (DESIGN §5.1).
 *
 * @param load gives the pipeline; its module is loaded when a run of it begins, and not before
 * @param verifier gives what checks signatures; it is loaded when somebody decides where decisions are signed
 */
export async function runPipeline(load: () => AnyPipeline, input: unknown, verifier?: () => VerifyDecision): Promise<unknown> {
  const run = beginRun(loadOrFail(load));
  verifyWith(verifier);
  fillSlot(callStep);
  takeDecisions(run);
  takeSignals(run);
  const flow = makeFlow(run);
  try {
    const output = await run.scope.run(() => runBody(run, flow, input));
    return await succeed(run, flow, output);
  } catch (error) {
    if (isTemporals(error)) throw error;
    return endWithout(run, flow, error);
  }
}

function loadOrFail(load: () => AnyPipeline): AnyPipeline {
  try {
    return load();
  } catch (error) {
    throw toFailure(error);
  }
}

async function runBody(run: RunState, flow: Flow, input: unknown): Promise<unknown> {
  const { id, input: inputSchema, output: outputSchema, body } = run.pipeline;
  const parsed = parse(inputSchema, input, `The input of pipeline ${id}`, 'wrong_input');
  const output = await body(flow, parsed as never);
  await run.finishCalls();
  const checked = parse(outputSchema, output, `The output of pipeline ${id}`, 'wrong_output');
  refuseOversize(checked, `The output of pipeline ${id}`);
  return checked;
}

async function succeed(run: RunState, flow: Flow, output: unknown): Promise<unknown> {
  const status = run.endState ?? 'SUCCEEDED';
  if (run.endState !== undefined) run.record.ended({ state: run.endState, reason: reasonIn(output) });
  await tell(run, outcomeOf(run.pipeline.id, status, { run: flow.run, output, undo: run.endState === undefined ? 'NONE' : 'DONE' }));
  return resultOf(output, status);
}

/** A result that says why, as data_pipeline's does, says it to the reader of the run too. */
function reasonIn(output: unknown): string {
  const reason = (output as { reason?: unknown } | null)?.reason;
  return typeof reason === 'string' ? reason : 'The pipeline ended so by itself.';
}

async function endWithout(run: RunState, flow: Flow, error: unknown): Promise<unknown> {
  await CancellationScope.nonCancellable(() => run.stopCalls());
  const undo = await undoAll(run);
  const end = endOf(error);
  run.record.ended(end);
  await tell(run, outcomeOf(run.pipeline.id, end.state, { run: flow.run, output: undefined, undo }, error));
  return close(error);
}

const told: Record<RunOutcome['status'], keyof Notifications> = {
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  ROLLED_BACK: 'rolledBack',
  TIMED_OUT: 'timedOut',
};

/** A notification that fails never changes a run's outcome (DESIGN §5.2). */
async function tell(run: RunState, outcome: RunOutcome): Promise<void> {
  for (const notifications of run.notifications) {
    try {
      const send = async () => notifications[told[outcome.status]]?.(outcome);
      await CancellationScope.nonCancellable(() => at({ notification: true }, () => untilFinished(run, send)));
    } catch (error) {
      log.error('A notification could not be sent.', { error });
    }
  }
}
