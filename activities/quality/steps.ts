import * as z from 'zod';
import { Check, Severity } from '../../sdk/authoring/quality.js';
import { Cost, step, TableRef } from '../../sdk/index.js';
import { Condition } from '../engines/condition.js';
import { DoneOn } from '../engines/done-on.js';

export { type Check, checks } from '../../sdk/authoring/quality.js';

/** What one check found. */
export const CheckResult = z.object({
  name: z.string(),
  check: z.string(),
  passed: z.boolean(),
  /** In a sentence. */
  message: z.string(),
  /** What is there: a number of rows, a time, or null where there is nothing. */
  observed: z.union([z.number(), z.string(), z.null()]),
  expected: z.string(),
  /** Rows that break the rule, where it is one of rows. */
  failedRows: z.number().optional(),
  severity: Severity,
  weight: z.number(),
});

export type CheckResult = z.output<typeof CheckResult>;

/** What validate_quality and the migration's validations give. */
export const QualityReport = z.object({
  /** Weights of the checks that passed, divided by all weights. */
  score: z.number(),
  /** Whether all checks passed but those of severity info. */
  passed: z.boolean(),
  /** The worst severity among the failed checks. */
  severity: Severity.optional(),
  rows: z.number(),
  checks: z.array(CheckResult),
  /** A few of the rows that fail, by check. Long texts are cut. */
  sample: z.array(z.object({ check: z.string(), rows: z.array(z.record(z.string(), z.unknown())) })),
  /** The query of the checks of rows, on an engine that names its queries. */
  engine: DoneOn.optional(),
  /** What all queries of the checks took. */
  cost: Cost.optional(),
});

export type QualityReport = z.output<typeof QualityReport>;

/**
 * Checks a table's rows: as few queries as the engine allows, a score from 0 to 1, each check's result and a sample of rows that fail.
 * A check that fails is an answer, not an error.
 *
 * @throws ValidationError unknown_column, unknown_table or bad_sql
 * @example
 * const quality = await validateQuality({ table: raw.table, checks: [checks.notNull('origin'), checks.rowCount({ min: 1 })] });
 */
export const validateQuality = step('validate_quality', {
  description: "Checks a table's rows.",
  input: z.strictObject({
    table: TableRef,
    /** Only the rows of which these conditions hold. */
    where: z.array(Condition).default([]),
    checks: z.array(Check).min(1).max(500),
    /** Rows per failed check in the sample. */
    sampleRows: z.number().int().min(0).max(20).default(5),
  }),
  output: QualityReport,
  retry: 'quality',
  timeout: '30 minutes',
});
