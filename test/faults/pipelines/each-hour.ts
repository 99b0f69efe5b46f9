import { pipeline } from 'headrace';
import * as z from 'zod';
import { work } from './journal.js';

/** Notes its hour in the journal. */
export const eachHour = pipeline('each_hour', { input: z.object({ hour: z.string() }), output: z.object({ attempt: z.number() }) }, (_flow, { hour }) =>
  work({ name: hour, milliseconds: 200 }),
);
