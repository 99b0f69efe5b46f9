import * as z from 'zod';

/** Where a table is: a named connection, and a name within it, with its schema where it has one. */
export const TableRef = z.object({ connection: z.string().min(1), table: z.string().min(1) });

/** What steps pass on instead of rows. */
export type TableRef = z.output<typeof TableRef>;

/**
 * A connection's name as a function of tables.
 *
 * @example
 * const warehouse = connection('warehouse');
 * loadData({ load: 'sales', from: raw.table, into: warehouse('sales.daily'), mode: 'append' });
 */
export function connection(name: string): (table: string) => TableRef {
  return (table) => ({ connection: name, table });
}
