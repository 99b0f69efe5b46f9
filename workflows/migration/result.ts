import * as z from 'zod';

/** What a schema migration gives. */
export const SchemaMigrationResult = z.object({
  status: z.enum(['COMPLETED', 'ROLLED_BACK']),
  /** Why it was rolled back. */
  reason: z.string().optional(),
  /** What the validation afterwards found, in sentences. */
  problems: z.array(z.string()),
  /** Milliseconds. */
  duration: z.number(),
});

export type SchemaMigrationResult = z.output<typeof SchemaMigrationResult>;
