import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { type ApplicationFailureOptions, TemporalFailure } from '@temporalio/common';
import { HeadraceError, Refused, RetryLater } from '../authoring/errors.js';
import { maximumFastOutput, maximumPayload, refuseOversize } from '../authoring/payload-size.js';
import { parse } from '../authoring/schema.js';
import { shorten, shortenCause, shortenDetails } from '../authoring/shorten.js';
import { workerStopped } from '../authoring/temporal-names.js';
import type { Connections } from './connections/connections.js';
import { handedOn } from './handed-on.js';
import { beatByItself } from './heartbeat.js';
import type { Implementation } from './implement.js';
import { tenantOfRun } from './run-tenant.js';
import type { StepContext, StepLog } from './step-context.js';
import { OwnLog } from './step-log.js';
import { workerStops } from './worker-stops.js';

/** A step's work as a Temporal activity: schemas on both sides, heartbeats by itself, errors typed. */
export function asActivity({ step, work }: Implementation, connections: Connections): (input: unknown) => Promise<unknown> {
  return async (input) => {
    const temporal = Context.current();
    const heart = beatByItself(temporal);
    const log = new OwnLog(temporal);
    try {
      const parsed = parse(step.input, input, `The input of step ${step.id}`, 'wrong_input');
      const beat = (details: unknown) => {
        refuseOversize(details, `The heartbeat of step ${step.id}`);
        heart.beat(details);
      };
      const output = await work(parsed as never, stepContext(temporal, connections, beat, log));
      const checked = parse(step.output, output, `The output of step ${step.id}`, 'wrong_output');
      refuseOversize(checked, `The output of step ${step.id}`, step.fast ? maximumFastOutput : maximumPayload);
      return checked;
    } catch (error) {
      const failure = asFailure(error, temporal.cancellationSignal);
      await log.learn(); // Temporal writes a line of its own about it
      throw failure;
    } finally {
      await log.written();
      heart.stop();
    }
  };
}

function stepContext(temporal: Context, connections: Connections, heartbeat: (details: unknown) => void, log: StepLog): StepContext {
  const { activityId: callId, workflowExecution, workflowType, attempt, startToCloseTimeoutMs } = temporal.info;
  const { workflowId = '', runId = '' } = workflowExecution ?? {};
  return {
    callId,
    workflowId,
    runId,
    pipeline: workflowType ?? '',
    tenant: () => tenantOfRun(temporal),
    attempt,
    timeLimit: startToCloseTimeoutMs,
    key: `${workflowId}/${runId}/${callId}`,
    signal: temporal.cancellationSignal,
    handedOn: () => handedOn(temporal),
    resumed: temporal.info.heartbeatDetails as unknown,
    heartbeat,
    log: { info: (message, attributes) => log.info(message, attributes), warn: (message, attributes) => log.warn(message, attributes) },
    connection: (name, ...kinds) => connections.get(name, ...kinds),
  };
}

/** An error of a step as Temporal carries it: its type, whether it is retried and when, its code and fix. */
function asFailure(error: unknown, signal: AbortSignal): Error {
  if (signal.aborted) return aborted(signal, error);
  if (!(error instanceof Error)) return ApplicationFailure.create({ message: shorten(String(error)), type: 'Error' });
  const failure = ApplicationFailure.create({
    message: shorten(error.message),
    ...ruleOf(error),
    cause: shortenCause(error.cause, isTemporals),
  });
  failure.stack = error.stack === undefined ? undefined : shorten(error.stack);
  return failure;
}

/** Its type, whether it is retried and when. What a team says in Temporal's own words stands. */
function ruleOf(error: Error): Pick<ApplicationFailureOptions, 'type' | 'nonRetryable' | 'nextRetryDelay' | 'details'> {
  if (error instanceof ApplicationFailure) {
    // Temporal's durations are typed by a package that has no types.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment
    const { type, nonRetryable, nextRetryDelay, details } = error;
    // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment
    return { type: type ?? error.name, nonRetryable: nonRetryable === true, nextRetryDelay, details: details ?? [] };
  }
  return {
    type: error.name,
    nonRetryable: error instanceof Refused,
    nextRetryDelay: error instanceof RetryLater ? error.after : undefined,
    details: error instanceof HeadraceError ? [shortenDetails(error)] : [],
  };
}

/** Whatever a step throws after it was told to stop, it stopped; a stopping worker hands the step to another one at once. */
function aborted(signal: AbortSignal, error: unknown): Error {
  if (!workerStops(signal)) return (signal.reason as Error | undefined) ?? new CancelledFailure('CANCELLED');
  const cause = shortenCause(error, isTemporals);
  return ApplicationFailure.create({ message: 'The worker stops.', type: workerStopped, nextRetryDelay: '1 second', cause });
}

const isTemporals = (error: Error) => error instanceof TemporalFailure;
