import * as z from 'zod';
import { Severity } from '../../sdk/authoring/quality.js';
import { step, TableRef } from '../../sdk/index.js';
import { Outcome } from './outcome.js';
import { Quality } from './quality.js';
import { Recipients } from './recipients.js';

const message = {
  to: Recipients,
  /** What stands above; made of the facts unless given. */
  title: z.string().min(1).optional(),
  message: z.string().min(1).optional(),
  /** Where to look. */
  url: z.url({ protocol: /^https?$/ }).optional(),
  /** Further facts, by name; the pipeline and the run are told anyway. */
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
};

/** Names of the connections that got it, in this attempt or an earlier one. None where a channel failed for good: that changes nothing of the run (DESIGN §5.2). */
const output = z.object({ delivered: z.array(z.string()) });

/**
 * Tells people that a table's quality is not what it should be, with the checks that failed.
 *
 * All channels are tried, and a retry sends only to those that failed.
 *
 * @example
 * await notifyQualityIssue({ to: ['data-team'], table: raw.table, quality, minimum: 0.95 });
 */
export const notifyQualityIssue = step('notify_quality_issue', {
  description: 'Tells people about a table of poor quality.',
  input: z.object({
    ...message,
    /** That of the worst failed check unless given. */
    severity: Severity.optional(),
    table: TableRef.optional(),
    quality: Quality,
    /** The score that was asked for. */
    minimum: z.number().min(0).max(1).optional(),
  }),
  output,
  otherwise: { delivered: [] },
  retry: 'notification',
  timeout: '5 minutes',
});

/**
 * Tells people that a run is complete.
 *
 * @example
 * notifications: { succeeded: (outcome) => notifyPipelineCompletion({ to: ['data-team'], outcome }) }
 */
export const notifyPipelineCompletion = step('notify_pipeline_completion', {
  description: 'Tells people that a run is complete.',
  input: z.object({ ...message, severity: Severity.default('info'), outcome: Outcome.optional(), rows: z.number().int().min(0).optional() }),
  output,
  otherwise: { delivered: [] },
  retry: 'notification',
  timeout: '5 minutes',
});

/**
 * Tells people that a run failed, why, and what to do.
 *
 * @example
 * notifications: { failed: (outcome) => notifyFailure({ to: { critical: ['pager', 'ops-mail'] }, outcome }) }
 */
export const notifyFailure = step('notify_failure', {
  description: 'Tells people that a run failed.',
  input: z.object({ ...message, severity: Severity.default('critical'), outcome: Outcome.optional() }),
  output,
  otherwise: { delivered: [] },
  retry: 'notification',
  timeout: '5 minutes',
});
