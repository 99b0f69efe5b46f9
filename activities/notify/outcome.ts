import * as z from 'zod';

/** What a notification is told of a RunOutcome. */
export const Outcome = z.object({
  run: z.object({ pipeline: z.string(), workflowId: z.string(), runId: z.string(), startedAt: z.string() }),
  status: z.enum(['SUCCEEDED', 'FAILED', 'CANCELLED', 'ROLLED_BACK', 'TIMED_OUT']),
  /** Milliseconds. */
  duration: z.number(),
  /** Any; of an object with a number of rows nothing else travels. */
  output: z.union([z.object({ rows: z.number().optional() }), z.unknown()]).optional(),
  error: z.object({ type: z.string(), message: z.string(), code: z.string().optional(), fix: z.string().optional() }).optional(),
  undo: z.enum(['NONE', 'DONE', 'FAILED']),
});

export type Outcome = z.output<typeof Outcome>;

/** The number of rows that a run's output says. Nothing else of it is told: data is nothing for a message. */
export function rowsOf(outcome: Outcome | undefined): number | undefined {
  const output = outcome?.output;
  return typeof output === 'object' && output !== null && 'rows' in output && typeof output.rows === 'number' ? output.rows : undefined;
}
