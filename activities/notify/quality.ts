import * as z from 'zod';
import { Severity } from '../../sdk/authoring/quality.js';

/** What a notification tells of validate_quality's output. */
export const Quality = z.object({
  score: z.number(),
  /** The worst among the failed checks. */
  severity: Severity.optional(),
  checks: z.array(z.object({ name: z.string(), passed: z.boolean(), message: z.string().optional() })).default([]),
});

export type Quality = z.output<typeof Quality>;
