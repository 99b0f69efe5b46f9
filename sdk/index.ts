/**
 * What an author imports. Safe on both sides: in a pipeline's module and in a worker.
 *
 * - pipeline: a named, versioned, typed workflow
 * - step: a typed unit of work, run as an activity
 * - phase: a group of steps that run together: extract, transform, load, transform-at-load
 * - engine: a system a step runs on
 * - run: one execution of a pipeline: workflow id + first run id
 * - call: one call of a step in a run; attempt: one try of a call
 * - gate: a quality rule that must hold
 * - approval: a question to people that a run waits for
 * - undo: a step's compensation
 * - partition: a part of a table that is replaced as a whole, such as a day
 */
import { refuseSecondCopy } from './authoring/one-copy.js';

refuseSecondCopy();

export { type Approval, approval, type Decision } from './authoring/approval.js';
export { Cost } from './authoring/cost.js';
export type { Duration } from './authoring/duration.js';
export {
  ApprovalExpired,
  Declined,
  HeadraceError,
  PermissionDeniedError,
  Refused,
  RetryLater,
  RunTimedOut,
  SchemaConflictError,
  StepFailed,
  ValidationError,
} from './authoring/errors.js';
export type { Calls, EndState, Flow, Phases, RunInfo } from './authoring/flow.js';
export type { Mistake } from './authoring/mistake.js';
export { type Notifications, type Pipeline, pipeline, type RunOutcome } from './authoring/pipeline.js';
export { type Retry, type RetryPreset, type RetryRule, retryPresets } from './authoring/retry.js';
export { type CallOptions, type Step, step } from './authoring/step.js';
export { connection, TableRef } from './authoring/table-ref.js';
