import type * as z from 'zod';
import type { AnyApproval } from './approval.js';
import { checkFunction, checkId, checkOptions, checkSchema, checkValues } from './declaration.js';
import { type Duration, toMilliseconds } from './duration.js';
import { HeadraceError } from './errors.js';
import type { Flow, RunInfo } from './flow.js';
import type { JsonSafe } from './schema.js';

/** What a notification is told of the run that ended. */
export interface RunOutcome {
  run: RunInfo;
  status: 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'ROLLED_BACK' | 'TIMED_OUT';
  /** Milliseconds since the run began. */
  duration: number;
  output: unknown;
  error: { type: string; message: string; code: string | undefined; fix: string | undefined } | undefined;
  /** What became of the undos: none were registered, all are done, or one failed and a person must look. */
  undo: 'NONE' | 'DONE' | 'FAILED';
}

/** Step calls that are made after the run's outcome stands. A notification that fails never changes it. */
export interface Notifications {
  succeeded?: (outcome: RunOutcome) => Promise<unknown>;
  failed?: (outcome: RunOutcome) => Promise<unknown>;
  cancelled?: (outcome: RunOutcome) => Promise<unknown>;
  rolledBack?: (outcome: RunOutcome) => Promise<unknown>;
  timedOut?: (outcome: RunOutcome) => Promise<unknown>;
}

interface PipelineOptions {
  description?: string;
  /** The team or person who answers for it. */
  owner?: string;
  tags?: readonly string[];
  /** The questions that the body may ask with flow.approve. */
  approvals?: readonly AnyApproval[];
  /** The run's deadline, 24 hours unless said; at its end the run is undone and TIMED_OUT. 'none' is for coordinators that run for weeks. */
  maxDuration?: Duration | 'none';
  notifications?: Notifications;
}

/** A named, typed workflow. */
export interface Pipeline<I extends z.ZodType, O extends z.ZodType> {
  readonly id: string;
  readonly input: I;
  readonly output: O;
  readonly description: string | undefined;
  readonly owner: string | undefined;
  readonly tags: readonly string[];
  readonly approvals: readonly AnyApproval[];
  /** Milliseconds, or undefined where there is none. */
  readonly maxDuration: number | undefined;
  readonly notifications: Notifications;
  readonly body: (flow: Flow, input: z.output<I>) => Promise<z.input<O>>;
}

/** A pipeline of any types, as the runtime handles it. */
export interface AnyPipeline extends Omit<Pipeline<z.ZodType, z.ZodType>, 'body'> {
  readonly body: (flow: Flow, input: never) => Promise<unknown>;
}

const brand = Symbol.for('headrace.pipeline');
const options = ['input', 'output', 'description', 'owner', 'tags', 'approvals', 'maxDuration', 'notifications'];
const outcomes = ['succeeded', 'failed', 'cancelled', 'rolledBack', 'timedOut'];

/**
 * Declares a pipeline. Export it by name from a module of the pipelines folder.
 *
 * @param id permanent and unique
 * @param declaration its schemas and options
 * @param body plain control flow over steps; runs in Temporal's sandbox, so it reads no clock, file or network
 * @throws HeadraceError on a declaration that cannot work, when the module loads
 */
export function pipeline<I extends z.ZodType, O extends z.ZodType>(
  id: string,
  declaration: PipelineOptions & { input: I & JsonSafe<I>; output: O & JsonSafe<O> },
  body: (flow: Flow, input: z.output<I>) => Promise<z.input<O>>,
): Pipeline<I, O> {
  check(id, declaration, body);
  const maxDuration = declaration.maxDuration ?? '24 hours';
  const declared: Pipeline<I, O> = {
    id,
    input: declaration.input,
    output: declaration.output,
    description: declaration.description,
    owner: declaration.owner,
    tags: declaration.tags ?? [],
    approvals: declaration.approvals ?? [],
    maxDuration: maxDuration === 'none' ? undefined : toMilliseconds(maxDuration),
    notifications: declaration.notifications ?? {},
    body,
  };
  return Object.freeze(Object.assign(declared, { [brand]: true }));
}

function check(id: string, declaration: PipelineOptions & { input: z.ZodType; output: z.ZodType }, body: unknown): void {
  const where = `pipeline ${id}`;
  checkId('pipeline', id);
  checkOptions(where, declaration, options);
  checkOutcomes(`${where}'s notifications`, declaration.notifications ?? {});
  checkSchema(`the input of ${where}`, declaration.input);
  checkSchema(`the output of ${where}`, declaration.output);
  checkFunction(where, 'its body, after the options,', body);
  checkValues(where, () => declaration.maxDuration === 'none' || toMilliseconds(declaration.maxDuration ?? 0));
  const ids = (declaration.approvals ?? []).map((approval) => approval.id);
  const twice = ids.find((approval, index) => ids.indexOf(approval) !== index);
  if (twice !== undefined) throw new HeadraceError(`${where} has two approvals '${twice}'.`, { code: 'duplicate_id', where });
}

/** Refuses a notification of no outcome, and one that cannot be called. */
export function checkOutcomes(where: string, notifications: object): void {
  checkOptions(where, notifications, outcomes);
  for (const [outcome, tell] of Object.entries(notifications)) if (tell !== undefined) checkFunction(where, outcome, tell);
}

/** Whether a value is a pipeline. */
export function isPipeline(value: unknown): value is AnyPipeline {
  return typeof value === 'object' && value !== null && brand in value;
}
