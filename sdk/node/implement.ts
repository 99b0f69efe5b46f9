import type * as z from 'zod';
import { HeadraceError } from '../authoring/errors.js';
import { type AnyStep, isStep, type Step } from '../authoring/step.js';
import type { StepContext } from './step-context.js';

/** The work of a step: takes the parsed input, gives what its output schema takes. */
export type Work<S> =
  S extends Step<string, infer I extends z.ZodType, infer O extends z.ZodType> ? (input: z.output<I>, context: StepContext) => Promise<z.input<O>> : never;

/** A step with its work. */
export interface Implementation {
  readonly step: AnyStep;
  readonly work: (input: never, context: StepContext) => Promise<unknown>;
}

/** What `implement` gives: a module of the pipelines folder exports it, by any name. */
export interface Implementations {
  readonly implementations: readonly Implementation[];
}

const brand = Symbol.for('headrace.implementations');

/**
 * Says how declared steps are done. Runs in the worker, never in the sandbox.
 *
 * @throws HeadraceError when a work has no step or a step has no work
 * @example
 * export default implement({ priceOrders }, { priceOrders: async ({ day }, context) => ({ rows: 0 }) });
 */
export function implement<const Steps extends Record<string, AnyStep>>(steps: Steps, works: { [Name in keyof Steps]: Work<Steps[Name]> }): Implementations {
  const implementations = Object.entries(steps).map(([name, step]) => pair(name, step, works[name]));
  return Object.freeze(Object.assign({ implementations }, { [brand]: true }));
}

function pair(name: string, step: AnyStep, work: unknown): Implementation {
  if (!isStep(step)) throw new HeadraceError(`implement: '${name}' is not a step.`, { code: 'bad_declaration', where: name, fix: 'Pass what step(…) gave.' });
  if (typeof work === 'function') return { step, work: work as Implementation['work'] };
  throw new HeadraceError(`implement: there is no work for the step '${name}'.`, { code: 'not_implemented', where: name });
}

/** Whether a value came from implement. */
export function isImplementations(value: unknown): value is Implementations {
  return typeof value === 'object' && value !== null && brand in value;
}
