import * as z from 'zod';
import { type CallOptions, Cost, step, TableRef } from '../../sdk/index.js';
import { DoneOn } from '../engines/done-on.js';

const Parameter = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** The most rows that a step returns: more belong into a table. */
export const mostRows = 1_000;

const declared = step('sql', {
  description: 'Runs an SQL statement.',
  input: z.strictObject({
    /** The connection's name. */
    on: z.string().min(1),
    statement: z.string().min(1),
    /** `$1`, `$2` … of an array, or `$name` of an object. */
    parameters: z.union([z.array(Parameter), z.record(z.string().regex(/^\w+$/), Parameter)]).optional(),
    /** Tables by the names that the statement has for them. They may be on other connections: their rows are then brought over for this step. */
    tables: z.record(z.string().min(1), TableRef).default({}),
    /** Keep the rows in a table of this run with this word in its name, and return the reference instead of the rows. */
    into: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,29}$/, 'a word of small letters, digits and underscores')
      .optional(),
    /** How many rows may be returned; more are refused. */
    limit: z.number().int().min(1).max(mostRows).default(mostRows),
  }),
  output: z.object({
    /** Where the statement is a query without `into`. */
    rows: z.array(z.record(z.string(), z.unknown())).optional(),
    /** Rows returned, kept in the table, or changed. */
    rowCount: z.number(),
    columns: z.array(z.object({ name: z.string(), type: z.string() })),
    table: TableRef.optional(),
    bytes: z.number().optional(),
    engine: DoneOn.optional(),
    /** What the statement took, with the small ones around it. */
    cost: Cost.optional(),
  }),
  retry: 'default',
  timeout: '1 hour',
});

type Result = Awaited<ReturnType<typeof declared>>;

/** With `into`, there is a table in the result. */
type Keep = (input: z.input<typeof declared.input> & { into: string }, options?: CallOptions) => Promise<Result & { table: TableRef }>;

/**
 * Runs one SQL statement on a Trino, PostgreSQL or DuckDB connection. Values are bound (`$1` or `$name`), never written into the text.
 *
 * A statement that changes something may run again, when its answer was lost or its worker died after the change: write it so that this does no harm, or use
 * `load_data` or `load_to_iceberg`, which write once. On Trino what an earlier attempt has left running is ended first; with `into` it is gone on with.
 *
 * @throws ValidationError bad_sql, unknown_table, unknown_column or too_many_rows
 * @example
 * const delays = await sql({
 *   on: 'lake',
 *   tables: { flights: raw.table },
 *   statement: 'SELECT origin, avg(delay) AS delay FROM flights WHERE distance > $distance GROUP BY origin',
 *   parameters: { distance: 500 },
 *   into: 'delays',
 * });
 */
export const sql = declared as Keep & typeof declared;
