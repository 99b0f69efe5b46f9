import type * as z from 'zod';
import type { StepContext } from '../../sdk/node/index.js';
import { withEngine } from '../engines/open-engine.js';
import type { OutgoingRows } from './outgoing-rows.js';
import type { Exported } from './steps.js';
import type { TableTarget } from './target.js';

/** Replaces a table by the rows. */
export async function exportToTable(rows: OutgoingRows, { table }: z.output<typeof TableTarget>, context: StepContext): Promise<Exported> {
  const written = await withEngine(context, table.connection, async (engine) => engine.receive(table.table, await rows.asLocalData()));
  return { rows: written.rows, bytes: written.bytes, location: `${table.connection}:${table.table}` };
}
