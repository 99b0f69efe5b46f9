import type { TableRef } from '../../sdk/index.js';
import type { StepContext } from '../../sdk/node/index.js';
import type { Engine, LocalData } from '../engines/engine.js';
import { openEngine } from '../engines/open-engine.js';

/** Lets an engine call tables by other names for a piece of work; those of other connections are brought over for it. */
export async function withAliases<Result>(
  engine: Engine,
  tables: Readonly<Record<string, TableRef>>,
  context: StepContext,
  work: () => Promise<Result>,
): Promise<Result> {
  const foreign: { engine: Engine; data: LocalData }[] = [];
  try {
    for (const [name, { connection, table }] of Object.entries(tables)) {
      if (connection === engine.connection) await engine.alias(name, table);
      else await engine.alias(name, await bring(connection, table, context, foreign));
    }
    return await work();
  } finally {
    for (const { engine: other, data } of foreign) {
      await data.dispose();
      await other.close();
    }
  }
}

async function bring(connection: string, table: string, context: StepContext, foreign: { engine: Engine; data: LocalData }[]): Promise<LocalData> {
  const engine = await openEngine(context, connection);
  const nothing: LocalData = { relation: '', columns: [], dispose: async () => {} };
  const opened = { engine, data: nothing };
  foreign.push(opened);
  opened.data = await engine.localize(table);
  return opened.data;
}
