import type * as z from 'zod';
import type { Step } from '../authoring/step.js';
import type { Implementation, Work } from '../node/implement.js';
import { implement } from '../node/implement.js';

/** A step with the work that stands in for its own during a test. */
export type Replacement = Implementation;

/**
 * Replaces a step's work in a test. Input and output are checked by the step's schemas, as its own work's are.
 *
 * @example
 * const result = await bed.run(dailySales, { day }, { steps: [replace(extractData, async () => ({ table, rows: 3 }))] });
 */
export function replace<Id extends string, I extends z.ZodType, O extends z.ZodType>(step: Step<Id, I, O>, work: Work<Step<Id, I, O>>): Replacement {
  const [replacement] = implement({ step }, { step: work }).implementations;
  return replacement as Replacement;
}
