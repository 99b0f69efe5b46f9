import * as z from 'zod';

/** What a data pipeline gives. */
export const DataPipelineResult = z.object({
  status: z.enum(['COMPLETED', 'CANCELLED']),
  /** Why it was cancelled. */
  reason: z.string().optional(),
  rowsProcessed: z.number(),
  /** Milliseconds. */
  duration: z.number(),
  /** The quality of what was extracted, from 0 to 1, where it was checked. */
  score: z.number().optional(),
  /** What people decided about poor quality. */
  decision: z.object({ approved: z.boolean(), by: z.string().optional(), comment: z.string().optional() }).optional(),
});

export type DataPipelineResult = z.output<typeof DataPipelineResult>;
