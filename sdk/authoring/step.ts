import * as z from 'zod';
import { checkId, checkOptions, checkSchema, checkValues } from './declaration.js';
import { type Duration, toMilliseconds } from './duration.js';
import { HeadraceError } from './errors.js';
import { type Retry, retryRule } from './retry.js';
import { type JsonSafe, parse } from './schema.js';
import { callThroughSlot } from './slot.js';

/** What one call may change of its step's declaration. */
export interface CallOptions {
  retry?: Retry;
  /** The longest that one attempt may take. */
  timeout?: Duration;
}

interface StepOptions {
  /** One sentence for the people who read the run. */
  description?: string;
  /** A preset's name, or a rule of one's own; `default` unless said. */
  retry?: Retry;
  /** The longest that one attempt may take; 10 minutes unless said (SPEC §3). */
  timeout?: Duration;
  /** A local activity: no outside work, at most 10 seconds with its retries. */
  fast?: boolean;
}

interface Otherwise<O extends z.ZodType> {
  /** What a call gives when its attempts are used up: then the failure is logged, and changes nothing of the run. For notifications. */
  otherwise?: z.output<O>;
}

/** A step's declaration: what it is called, takes and gives. Its work is written with `implement` of headrace/node. */
export interface Step<Id extends string, I extends z.ZodType, O extends z.ZodType> {
  /** Calls the step, inside a pipeline's body. @throws ValidationError, StepFailed and what the step throws */
  (...args: undefined extends z.input<I> ? [input?: z.input<I>, options?: CallOptions] : [input: z.input<I>, options?: CallOptions]): Promise<z.output<O>>;
  readonly id: Id;
  readonly input: I;
  readonly output: O;
  readonly description: string | undefined;
  readonly retry: Retry;
  /** Milliseconds. */
  readonly timeout: number;
  readonly fast: boolean;
  readonly otherwise: { readonly value: z.output<O> } | undefined;
}

/** A step of any types, as the runtime handles it. */
export interface AnyStep {
  readonly id: string;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  readonly description: string | undefined;
  readonly retry: Retry;
  readonly timeout: number;
  readonly fast: boolean;
  readonly otherwise: { readonly value: unknown } | undefined;
}

const brand = Symbol.for('headrace.step');
const options = ['input', 'output', 'description', 'retry', 'timeout', 'fast', 'otherwise'];
const longestFast = 10_000;

/**
 * Declares a step.
 *
 * @param id permanent and unique; the name of the call in the run, its history and its events
 * @param declaration its schemas, which must be JSON-safe, its retry preset and its time-out per attempt
 * @throws HeadraceError on a declaration that cannot work, when the module loads
 * @example
 * export const priceOrders = step('price_orders', {
 *   input: z.object({ day: z.iso.date() }),
 *   output: z.object({ rows: z.number() }),
 *   retry: 'loading',
 *   timeout: '1 hour',
 * });
 */
export function step<const Id extends string, I extends z.ZodType = z.ZodVoid, O extends z.ZodType = z.ZodVoid>(
  id: Id,
  declaration: StepOptions & Otherwise<O> & { input?: I & JsonSafe<I>; output?: O & JsonSafe<O> } = {},
): Step<Id, I, O> {
  const declared = {
    input: (declaration.input ?? z.void()) as z.ZodType as I,
    output: (declaration.output ?? z.void()) as z.ZodType as O,
    description: declaration.description,
    retry: declaration.retry ?? 'default',
    fast: declaration.fast ?? false,
    otherwise: 'otherwise' in declaration ? { value: declaration.otherwise } : undefined,
  };
  check(id, declaration, declared);
  const timeout = toMilliseconds(declaration.timeout ?? (declared.fast ? longestFast : '10 minutes'));
  const call = (input?: unknown, callOptions: CallOptions = {}) => callThroughSlot(call as unknown as AnyStep, input, callOptions);
  Object.defineProperty(call, 'name', { value: id });
  return Object.assign(call, declared, { id, timeout, [brand]: true }) as unknown as Step<Id, I, O>;
}

function check(
  id: string,
  declaration: StepOptions,
  { input, output, retry, fast, otherwise }: Pick<AnyStep, 'input' | 'output' | 'retry' | 'fast' | 'otherwise'>,
): void {
  checkId('step', id);
  checkOptions(`step ${id}`, declaration, options);
  checkSchema(`the input of step ${id}`, input);
  checkSchema(`the output of step ${id}`, output);
  checkValues(`step ${id}`, () => {
    retryRule(retry);
    toMilliseconds(declaration.timeout ?? 0);
    if (otherwise !== undefined) parse(output, otherwise.value, 'What it gives otherwise', 'wrong_output');
  });
  if (fast) refuseLongFast(id, declaration.timeout, `step ${id}`);
}

/** Refuses a time-out that is too long for a fast step, in its declaration or in a call of it (DESIGN §4.5). */
export function refuseLongFast(id: string, timeout: Duration | undefined, where: string): void {
  if (timeout === undefined || toMilliseconds(timeout) <= longestFast) return;
  throw new HeadraceError(`The fast step ${id} has a time-out of ${timeout}: a fast step ends within 10 seconds, its retries included.`, {
    code: 'bad_declaration',
    where,
    fix: 'Take away fast: true, or shorten the time-out.',
  });
}

/** Whether a value is a step's declaration. */
export function isStep(value: unknown): value is AnyStep {
  return typeof value === 'function' && brand in value;
}
