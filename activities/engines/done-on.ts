import * as z from 'zod';

/** Where an engine far away did a step's work, as the step's output names it: the record of the run shows it. */
export const DoneOn = z.object({ name: z.string(), id: z.string(), link: z.string().optional() });

export type DoneOn = z.output<typeof DoneOn>;
