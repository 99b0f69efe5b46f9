import { type ActivityOptions, CancelledFailure, log, type RetryPolicy, scheduleActivity, scheduleLocalActivity } from '@temporalio/workflow';
import { toMilliseconds } from '../authoring/duration.js';
import { RunTimedOut } from '../authoring/errors.js';
import { refuseOversize } from '../authoring/payload-size.js';
import { retryRule } from '../authoring/retry.js';
import { summarize } from '../authoring/run-memo.js';
import { parse } from '../authoring/schema.js';
import { type AnyStep, type CallOptions, refuseLongFast } from '../authoring/step.js';
import { encrypts } from './encrypts.js';
import { endedByCancel, fromFailure, isLostWorker, isTimeOut } from './failure.js';
import { currentPlace, type Place } from './place.js';
import { awaitedLater, currentRun, type RunState } from './run-state.js';

/** In half the time of a shorter step, a lost worker is not told from a busy one. */
const longEnoughToHeartbeat = 10_000;
const longestWithoutHeartbeat = 20_000;
const lostWorkersBorne = 5;

/**
 * One call of a step: one activity, no event, task or byte more.
 *
 * @throws ValidationError on a wrong input or output; StepFailed, or what the step throws, when its attempts are used up and it says nothing `otherwise`;
 *   RunTimedOut at the run's deadline
 */
export function callStep(step: AnyStep, input: unknown, options: CallOptions): Promise<unknown> {
  const run = currentRun();
  const place = currentPlace();
  const call = () => makeCall(run, step, input, options, place);
  return place.queue === undefined ? call() : run.follow(inTurn(place.queue, call));
}

function inTurn(queue: { last: Promise<unknown> }, call: () => Promise<unknown>): Promise<unknown> {
  const turn = queue.last.then(call, call);
  queue.last = turn.catch(() => undefined);
  return turn;
}

function makeCall(run: RunState, step: AnyStep, input: unknown, options: CallOptions, place: Place): Promise<unknown> {
  const callId = run.nextId(step.id);
  try {
    if (step.fast) refuseLongFast(step.id, options.timeout, callId);
    const value = parse(step.input, input, `The input of step ${step.id}`, 'wrong_input');
    const bytes = refuseOversize(value, `The input of step ${step.id}`);
    const begin = () => schedule(step, value, activityOptions(run, step, callId, options, place));
    return untilHeard({ run, step, callId, bytes, begin }, 0);
  } catch (error) {
    return run.follow(Promise.reject(error as Error));
  }
}

interface Call {
  run: RunState;
  step: AnyStep;
  callId: string;
  bytes: number;
  begin: () => Promise<unknown>;
}

/**
 * A step whose last attempt ended by a lost worker is scheduled anew, five times: a killed worker costs no run, and a step that kills each of its workers ends.
 * It makes as few promises as can be, since the SDK takes the stack of each that a workflow makes: async functions cost a tenth of a step.
 */
function untilHeard(call: Call, lost: number): Promise<unknown> {
  const { run, step, callId } = call;
  const end = (failed: boolean) => {
    run.room.leave();
    run.forget(heard);
    if (failed) void awaitedLater(heard);
  };
  const heard: Promise<unknown> = begin(call).then(
    (output) => {
      let failed = true;
      try {
        const checked = parse(step.output, output, `The output of step ${step.id}`, 'wrong_output');
        failed = false;
        return checked;
      } finally {
        end(failed);
      }
    },
    (error) => {
      end(true);
      if (endedByCancel(error)) throw new CancelledFailure('The run was cancelled.', [], error as Error);
      if (isLostWorker(error) && lost < lostWorkersBorne) return untilHeard(call, lost + 1);
      if (isTimeOut(error) && (run.remaining() ?? 1) <= 0) throw outOfTime(callId, error);
      const failure = fromFailure(error, step.id, callId) as Error;
      if (step.otherwise !== undefined) return goOnWithout(run, failure, step.otherwise);
      throw failure;
    },
  );
  run.keep(heard);
  return heard;
}

function goOnWithout(run: RunState, failure: Error, otherwise: { value: unknown }): unknown {
  const message = `The run goes on without it: ${failure.message}`;
  if (!encrypts) log.warn(message);
  run.record.log(message, undefined);
  return otherwise.value;
}

function begin({ run, bytes, begin: now }: Call): Promise<unknown> {
  if (!run.room.enter(bytes)) return run.room.entered(bytes).then(now);
  try {
    return now();
  } catch (error) {
    run.room.leave();
    throw error;
  }
}

function schedule(step: AnyStep, input: unknown, options: ActivityOptions): Promise<unknown> {
  if (!step.fast) return scheduleActivity(step.id, [input], options);
  // Temporal's durations are typed by a package that has no types.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment
  const { startToCloseTimeout, scheduleToCloseTimeout, retry, summary, cancellationType } = options;
  return scheduleLocalActivity(step.id, [input], { startToCloseTimeout, scheduleToCloseTimeout, retry, summary, cancellationType });
}

function activityOptions(run: RunState, step: AnyStep, callId: string, options: CallOptions, place: Place): ActivityOptions {
  const own = options.timeout === undefined ? step.timeout : toMilliseconds(options.timeout);
  const remaining = run.remaining();
  if (remaining !== undefined && remaining <= 0) throw outOfTime(callId);
  const timeout = Math.min(own, remaining ?? own);
  const inAll = step.fast ? Math.min(own, remaining ?? own) : remaining;
  return {
    activityId: callId,
    startToCloseTimeout: timeout,
    scheduleToCloseTimeout: inAll,
    heartbeatTimeout: heartbeatTimeout(own),
    // Nothing is undone while the step that it undoes still works.
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry: retryPolicy(options.retry ?? (place.undo === true ? 'backup' : step.retry)),
    summary: summarize(place),
  };
}

/** A worker that is lost when less than this is left of the step is told by the step's own time-out, which counts as an attempt. */
function heartbeatTimeout(timeout: number): number | undefined {
  return timeout < longEnoughToHeartbeat ? undefined : Math.min(longestWithoutHeartbeat, Math.round(timeout / 2));
}

function retryPolicy(retry: Parameters<typeof retryRule>[0]): RetryPolicy {
  const rule = retryRule(retry);
  return {
    maximumAttempts: rule.attempts,
    initialInterval: toMilliseconds(rule.firstWait),
    maximumInterval: toMilliseconds(rule.longestWait),
    backoffCoefficient: rule.backoff,
    nonRetryableErrorTypes: ['ValidationError', 'PermissionDeniedError', 'SchemaConflictError', 'Refused'],
  };
}

function outOfTime(callId: string, cause?: unknown): RunTimedOut {
  return new RunTimedOut(`The run's maxDuration was over at ${callId}.`, { where: callId, cause });
}
