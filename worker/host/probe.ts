import * as z from 'zod';
import { pipeline, step } from '../../sdk/index.js';

/** A step that does nothing, and a pipeline that calls it: what a step costs on a server, and nothing else. */
export const probeStep = step('headrace_probe_step', { timeout: '30 seconds' });

export const probe = pipeline(
  'headrace_probe',
  { input: z.object({ steps: z.number() }), output: z.object({ milliseconds: z.number() }), maxDuration: '2 minutes' },
  async (_flow, { steps }) => {
    // The first step pays for what is loaded once.
    await probeStep();
    const began = Date.now();
    for (let index = 0; index < steps; index += 1) await probeStep();
    return { milliseconds: (Date.now() - began) / steps };
  },
);
