import { HeadraceError } from './errors.js';
import type { AnyStep, CallOptions } from './step.js';

/** What stands behind a step's call: the sandbox fills this slot while a pipeline's body runs. */
export type Caller = (step: AnyStep, input: unknown, options: CallOptions) => Promise<unknown>;

let caller: Caller | undefined;

/** Fills the slot. Only `sdk/sandbox` does. */
export function fillSlot(filled: Caller): void {
  caller = filled;
}

/** Calls a step through the slot. */
export function callThroughSlot(step: AnyStep, input: unknown, options: CallOptions): Promise<unknown> {
  if (caller !== undefined) return caller(step, input, options);
  throw new HeadraceError(`The step '${step.id}' was called outside a pipeline's body.`, { code: 'outside_pipeline', where: step.id });
}
