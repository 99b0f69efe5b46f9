import { badArgument as bad } from '../authoring/bad-argument.js';
import { checkOutcomes, isPipeline } from '../authoring/pipeline.js';
import { isStep } from '../authoring/step.js';

// What TypeScript refuses at its author's desk, for those who write JavaScript: a run says so where it is called. Each throws HeadraceError bad_argument.

export function checkApproval(value: unknown): void {
  const { id, question } = (value ?? {}) as { id?: unknown; question?: unknown };
  if (typeof id === 'string' && typeof question === 'string') return;
  throw bad(
    'flow.approve takes an approval, as approval(…) gave it',
    value,
    "Declare it beside the pipeline, name it among the pipeline's approvals, and pass it.",
  );
}

export function checkPipeline(value: unknown): void {
  if (!isPipeline(value)) throw bad('flow.runPipeline takes a pipeline, as pipeline(…) gave it', value, 'Import the pipeline and pass it.');
}

export function checkStart(pipeline: unknown, options: unknown): void {
  if (typeof pipeline !== 'string') throw bad("flow.startPipeline takes a pipeline's id", pipeline);
  const { workflowId } = (options ?? {}) as { workflowId?: unknown };
  if (typeof workflowId !== 'string' || workflowId === '') throw bad('flow.startPipeline takes { workflowId }, a text, after the input', workflowId);
}

export function checkFunction(what: string, value: unknown): void {
  if (typeof value !== 'function') throw bad(`${what} is a function`, value, 'Write () => …, so that it is called at its time.');
}

export function checkItems(items: unknown): void {
  if (!Array.isArray(items)) throw bad('flow.each takes an array of items', items);
}

/** Calls of a phase, by name, not yet made. */
export function checkCalls(phase: string, calls: unknown): void {
  if (typeof calls !== 'object' || calls === null || Array.isArray(calls)) throw bad(`The phase ${phase} is an object of calls by name`, calls);
  for (const [name, call] of Object.entries(calls)) checkFunction(`${name} of the phase ${phase}`, call);
}

export function checkNotifications(value: unknown): void {
  if (typeof value !== 'object' || value === null) throw bad('flow.notify takes an object of functions by outcome', value);
  checkOutcomes('flow.notify', value);
}

export function checkSkip(step: unknown, reason: unknown): void {
  if (!isStep(step)) throw bad('flow.skip takes a step, as step(…) gave it', step, 'Import the step and pass it.');
  if (typeof reason !== 'string') throw bad('flow.skip takes the reason, a text', reason);
}

export function checkLine(message: unknown, records: unknown): void {
  if (typeof message !== 'string') throw bad('flow.log takes a text', message, 'Write the line as text; how many records it is about stands in { records }.');
  if (records !== undefined && typeof records !== 'number') throw bad('flow.log takes records as a number', records);
}

export function checkEnd(state: unknown): void {
  if (state !== 'CANCELLED' && state !== 'ROLLED_BACK')
    throw bad("flow.end takes 'CANCELLED' or 'ROLLED_BACK'", state, 'A run that succeeds returns its output; one that fails throws.');
}
