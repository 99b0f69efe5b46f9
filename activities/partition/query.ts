import * as z from 'zod';
import { TableRef } from '../../sdk/index.js';
import { sql } from '../sql/steps.js';

const { on, statement, tables } = sql.input.shape;

/** How process_partition makes the rows of a partition, and where they go. */
export const PartitionQuery = z.strictObject({
  /** The connection that the query runs on. */
  on,
  /** A query. The partition is bound to it as `$key`, `$start` and `$end`, texts of which it uses those that it needs. */
  statement,
  parameters: z.record(z.string().regex(/^\w+$/), z.union([z.string(), z.number(), z.boolean(), z.null()])).default({}),
  tables,
  /** The table whose partition the rows replace. */
  into: TableRef,
  /** The column that holds the partition's key. */
  partitionBy: z.string().min(1),
});

export type PartitionQuery = z.output<typeof PartitionQuery>;
