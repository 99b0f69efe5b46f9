import { pipeline } from 'headrace';
import * as z from 'zod';
import { stumble } from './journal.js';

/** Its one step fails some times before it comes through. */
export const stumbling = pipeline('stumbling', { input: z.object({ times: z.number() }), output: z.object({ attempt: z.number() }) }, (_flow, { times }) =>
  stumble({ times }),
);
