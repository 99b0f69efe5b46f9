import { pipeline } from 'headrace';
import { sql } from 'headrace/steps';
import * as z from 'zod';

/** One statement whose rows are kept, or given where `answer` asks for them, as long as it takes. */
export const onTrino = pipeline(
  'on_trino',
  {
    input: z.object({ on: z.string(), statement: z.string(), answer: z.boolean().default(false) }),
    output: z.object({ rows: z.number(), table: z.string().optional() }),
  },
  async (_flow, { on, statement, answer }) => {
    if (answer) return { rows: (await sql({ on, statement })).rowCount };
    const { rowCount, table } = await sql({ on, statement, into: 'kept' });
    return { rows: rowCount, table: table.table };
  },
);
