import * as z from 'zod';
import { Problem } from './input.js';

/** Partitions that follow each other. */
export const ReportedRange = z.object({
  /** The first and the last partition's key. */
  first: z.string(),
  last: z.string(),
  /** ISO 8601, UTC: give both as start and end to another backfill to do only these. */
  start: z.string(),
  end: z.string(),
  partitions: z.number().int(),
});

export type ReportedRange = z.output<typeof ReportedRange>;

/** What a backfill gives. */
export const BackfillResult = z.object({
  /** INCOMPLETE when a partition failed, was cancelled or was not begun. */
  status: z.enum(['COMPLETED', 'INCOMPLETE']),
  /** Partitions in the range. */
  total: z.number().int(),
  /** Partitions that ended, in whichever way. */
  partitionsProcessed: z.number().int(),
  /** Rows that the partitions' results tell. */
  totalRows: z.number(),
  succeeded: z.number().int(),
  /** Failed, timed out or terminated in every round. */
  failed: z.array(ReportedRange),
  /** Cancelled, declined or rolled back. */
  cancelled: z.array(ReportedRange),
  /** Not begun, because too many others did not succeed. */
  notStarted: z.array(ReportedRange),
  /** The first of those that did not succeed, and why. */
  problems: z.array(Problem),
  /** Milliseconds. */
  duration: z.number(),
});

export type BackfillResult = z.output<typeof BackfillResult>;
