import type { AnyStep } from '../sdk/authoring/step.js';
import type { Implementations, StepContext } from '../sdk/node/index.js';

/** Runs a step's work as the worker does: input and output pass their schemas. */
export async function runStep(module: Implementations, step: AnyStep, input: unknown, context: StepContext): Promise<unknown> {
  const found = module.implementations.find((implementation) => implementation.step === step);
  if (found === undefined) throw new Error(`no work for ${step.id}`);
  return step.output.parse(await found.work(step.input.parse(input) as never, context));
}
