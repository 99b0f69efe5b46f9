import { pipeline } from 'headrace';
import { sql } from 'headrace/steps';
import * as z from 'zod';

/** One statement whose rows are kept, as long as it takes. */
export const onTrino = pipeline(
  'on_trino',
  { input: z.object({ on: z.string(), statement: z.string() }), output: z.object({ rows: z.number(), table: z.string() }) },
  async (_flow, { on, statement }) => {
    const { rowCount, table } = await sql({ on, statement, into: 'kept' });
    return { rows: rowCount, table: table.table };
  },
);
