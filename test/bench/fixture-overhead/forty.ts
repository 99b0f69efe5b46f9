import { pipeline, step } from 'headrace';
import * as z from 'zod';

const Row = z.object({ id: z.number().int(), name: z.string(), day: z.iso.date(), amount: z.number(), ok: z.boolean() });

export const forward = step('forward', { input: Row, output: Row, timeout: '1 hour' });

export const forty = pipeline('forty', { input: Row, output: Row }, async (_flow, row) => {
  let last = row;
  for (let index = 0; index < 40; index += 1) last = await forward({ ...last, id: index });
  return last;
});
