import { pipeline } from 'headrace';
import * as z from 'zod';
import { work } from './journal.js';

/** Does a number of steps, one after another. */
export const busy = pipeline(
  'busy',
  { input: z.object({ name: z.string(), steps: z.number(), milliseconds: z.number() }), output: z.object({ done: z.number() }) },
  async (_flow, { name, steps, milliseconds }) => {
    for (let index = 0; index < steps; index += 1) await work({ name: `${name} ${index}`, milliseconds });
    return { done: steps };
  },
);
