import { pipeline } from 'headrace';
import * as z from 'zod';

/** Nothing but a start and an end: what the pollers hold up is a run's first task. */
export const started = pipeline('started', { input: z.object({}), output: z.object({}) }, async () => ({}));
