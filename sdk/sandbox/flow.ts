import { allHandlersFinished, condition, log, makeContinueAsNewFunc, sleep, workflowInfo } from '@temporalio/workflow';
import { type Duration, toMilliseconds } from '../authoring/duration.js';
import { HeadraceError, RunTimedOut } from '../authoring/errors.js';
import type { EndState, Flow, RunInfo } from '../authoring/flow.js';
import { refuseOversize } from '../authoring/payload-size.js';
import { deadlineKey, firstRun, isEvidenceKey, logKey, type RunMemo, skipKey } from '../authoring/run-memo.js';
import { parse } from '../authoring/schema.js';
import { approve } from './approve.js';
import { checkEnd, checkFunction, checkLine, checkNotifications, checkSkip } from './check-arguments.js';
import { runChild } from './child.js';
import { each } from './each.js';
import { encrypts } from './encrypts.js';
import { UndoFailed } from './outcome.js';
import { phases } from './phases.js';
import { awaitedLater, type RunState } from './run-state.js';
import { cancelRun, startPipeline } from './start-pipeline.js';
import { undoAll } from './undo.js';

const longHistory = 10_000;

/** The flow that a run's body is given. */
export function makeFlow(run: RunState): Flow {
  const flow: Flow = {
    run: describeRun(run),
    approve: ((approval, ask) => run.follow(approve(run, approval, ask))) as Flow['approve'],
    undo: (compensation) => {
      checkFunction('What flow.undo takes', compensation);
      run.undos.push(compensation);
    },
    phases: (calls) => awaitedLater(phases(calls)),
    each: (items, work, options) => awaitedLater(each(items, work, options)),
    runPipeline: ((pipeline, input, options) => runChild(run, pipeline, input, options)) as Flow['runPipeline'],
    startPipeline: (pipeline, input, options) => awaitedLater(startPipeline(run, pipeline, input, options)),
    cancelRun,
    notify: (notifications) => {
      checkNotifications(notifications);
      run.notifications.push(notifications);
    },
    skip: (step, reason) => {
      checkSkip(step, reason);
      run.record.skipped({ step: step.id, reason });
    },
    log: (message, { records } = {}) => {
      checkLine(message, records);
      if (!encrypts) log.info(message, records === undefined ? {} : { records });
      run.record.log(message, records);
    },
    progress: (fraction) => run.record.progress(fraction),
    sleep: (duration) => awaitedLater(sleepWithin(run, duration)),
    end: (state, output) => awaitedLater(end(run, state, output)),
    continueAs: (input) => continueAs(run, input),
    get historyIsLong() {
      const { historyLength, continueAsNewSuggested } = workflowInfo();
      return continueAsNewSuggested || historyLength > longHistory;
    },
  };
  return Object.freeze(flow);
}

function describeRun(run: RunState): RunInfo {
  const { workflowId, firstExecutionRunId: runId, startTime } = workflowInfo();
  const deadline = run.deadline === undefined ? undefined : new Date(run.deadline).toISOString();
  return { pipeline: run.pipeline.id, workflowId, runId, startedAt: startTime.toISOString(), deadline };
}

async function sleepWithin(run: RunState, duration: Duration): Promise<void> {
  const own = toMilliseconds(duration);
  const remaining = run.remaining() ?? own;
  await sleep(Math.max(1, Math.min(own, remaining)));
  if (remaining < own) throw new RunTimedOut("The run's maxDuration was over while it slept.");
}

async function end<Output>(run: RunState, state: EndState, output: Output): Promise<Output> {
  checkEnd(state);
  // Nothing is undone while a step still works, also one of a branch that runs beside this one.
  await run.calm();
  const undo = await undoAll(run);
  if (undo === 'FAILED') throw new UndoFailed(`The run was to end ${state}, but an undo failed.`);
  run.endState = state;
  return output;
}

async function continueAs(run: RunState, input: unknown): Promise<never> {
  if (run.undos.length > 0) {
    throw new HeadraceError('continueAs was called while there is something to undo.', {
      code: 'bad_declaration',
      fix: 'Continue as new only where nothing is left to undo.',
    });
  }
  const parsed = parse(run.pipeline.input, input, `The input of pipeline ${run.pipeline.id}`, 'wrong_input');
  refuseOversize(parsed, `The input of pipeline ${run.pipeline.id}`);
  await condition(allHandlersFinished);
  return makeContinueAsNewFunc({ memo: memoOfNext(run) })(parsed);
}

/** What the run knows of itself, without what only this execution does. Temporal's lists show the last execution, and the run is the first one. */
function memoOfNext({ deadline }: RunState): Record<string, unknown> {
  const { memo = {}, firstExecutionRunId } = workflowInfo();
  const { headrace, ...beside } = memo as { headrace?: RunMemo };
  const kept = Object.entries(beside).filter(([key]) => key !== logKey && key !== skipKey && !isEvidenceKey(key));
  const progress = headrace?.progress;
  return {
    ...Object.fromEntries(kept),
    [firstRun]: firstExecutionRunId,
    ...(deadline === undefined ? {} : { [deadlineKey]: deadline }),
    ...(progress === undefined ? {} : { headrace: { progress } }),
  };
}
