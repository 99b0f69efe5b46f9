import { pipeline, step } from 'headrace';
import * as z from 'zod';

export const once = step('once');

export const oneStep = pipeline('one_step', { input: z.object({}), output: z.object({}) }, async () => {
  await once();
  return {};
});
