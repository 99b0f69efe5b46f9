import * as z from 'zod';
import { step, TableRef } from '../../sdk/index.js';
import { Target } from './target.js';

const Value = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** Rows that the pipeline holds itself, such as its counts. More of them belong in a table. */
const InlineRows = z.strictObject({ rows: z.array(z.record(z.string(), Value)).min(1).max(1_000) });

/**
 * Writes a table's rows to a file, a table, an HTTP endpoint, a Kafka topic, Slack or an email.
 *
 * @throws ValidationError unknown_table or unknown_column, and what the target answers
 * @example
 * await exportData({
 *   from: delays.table,
 *   orderBy: [{ column: 'average_delay', descending: true }],
 *   to: { email: 'mail', recipients: ['team@example.com'], subject: `Delays of ${day}` },
 * });
 */
export const exportData = step('export', {
  description: 'Writes rows to a file, a table, an HTTP endpoint, a Kafka topic, Slack or an email.',
  input: z.strictObject({
    from: z.union([TableRef, InlineRows]),
    to: Target,
    /** The columns to write; all unless given. */
    select: z.array(z.string().min(1)).min(1).optional(),
    orderBy: z.array(z.strictObject({ column: z.string().min(1), descending: z.boolean().default(false) })).default([]),
  }),
  output: z.object({
    /** Rows that went out. */
    rows: z.number().int(),
    bytes: z.number().int(),
    /** Where they are now, for people. */
    location: z.string(),
  }),
  retry: 'loading',
  timeout: '1 hour',
});

export type Exported = z.output<typeof exportData.output>;
