import * as z from 'zod';
import { Cost, step, TableRef } from '../../sdk/index.js';
import { Condition } from '../engines/condition.js';

const Before = z.object({ before: z.number(), after: z.number() });

/**
 * Rewrites an Iceberg table's small files, and lets go of old snapshots and of files that belong to none. What `undo_load` still needs stays as it is:
 * the files of loads of the last 14 days, and the snapshots before them. A table that says `gc.enabled` = false, as Nessie's do, keeps its snapshots and files.
 *
 * @throws ValidationError when the server's least retention is longer than what is asked for
 */
export const compactIcebergTable = step('compact_iceberg_table', {
  description: "Rewrites an Iceberg table's small files and expires snapshots.",
  input: z.strictObject({
    table: TableRef,
    /** Only the partitions of which these conditions hold. */
    where: z.array(Condition).default([]),
    /** Files below this many megabytes are rewritten. */
    filesBelow: z.number().positive().default(100),
    /** Days for which snapshots stay. Trino wants at least 7, unless it was told otherwise. */
    keepSnapshots: z.number().min(0).default(14),
    /** Days for which files stay that belong to no snapshot: longer than any query that writes takes. */
    keepOrphans: z.number().min(0).default(7),
    /** Also rewrite and expire what `undo_load` needs. Loads that it needs cannot be undone afterwards. */
    forgetUndo: z.boolean().default(false),
  }),
  output: z.object({
    table: TableRef,
    /** Data files and files of deletes of the current snapshot. */
    files: Before,
    bytes: Before,
    snapshots: Before,
    /** Loads that can still be undone. */
    undoable: z.number(),
    /** What all its statements took. */
    cost: Cost.optional(),
  }),
  retry: 'loading',
  timeout: '1 hour',
});
