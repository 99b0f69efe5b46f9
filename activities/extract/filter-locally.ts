import type { Condition } from '../engines/condition.js';
import { duckDbDialect } from '../engines/duckdb/dialect.js';
import { ownLimits, sharedInstance } from '../engines/duckdb/instances.js';
import { DuckDbSession } from '../engines/duckdb/session.js';
import type { LocalData } from '../engines/engine.js';
import { Bindings, compileSelect, compileWhere } from '../engines/where.js';

/** Those rows and columns of a file that are asked for. Nothing is read yet but the names of its columns. */
export async function filterLocally(
  relation: string,
  where: readonly Condition[],
  select: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<LocalData> {
  const session = await DuckDbSession.open(await sharedInstance('files', ownLimits), 'files', signal);
  try {
    const columns = await session.describe({ text: `FROM ${relation}` });
    const bindings = new Bindings(duckDbDialect);
    const selected = compileSelect(select, columns, 'The source', duckDbDialect);
    const text = `SELECT ${selected} FROM ${relation}${compileWhere(where, columns, 'The source', bindings, duckDbDialect)}`;
    return {
      relation: `(${text})`,
      parameters: bindings.values,
      columns: await session.describe({ text, parameters: bindings.values }),
      dispose: async () => {},
    };
  } finally {
    session.close();
  }
}
