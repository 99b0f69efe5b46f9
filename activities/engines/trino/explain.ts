import type { Statement } from '../engine.js';
import type { TrinoSession } from './session.js';

/** Tables that a statement reads and the one that it writes, as `catalog.schema.table`. */
export interface ReadsAndWrites {
  readonly reads: string[];
  readonly writes: string | undefined;
}

interface Table {
  readonly catalog: string;
  readonly schemaTable: { readonly schema: string; readonly table: string };
}

/** Lets Trino check a statement without running it. @throws ValidationError, PermissionDeniedError: what is wrong, in lines of the statement's own text */
export async function checkStatement(session: TrinoSession, statement: Statement): Promise<void> {
  await session.all(`EXPLAIN (TYPE VALIDATE) ${session.compose(statement)}`);
}

/** What a statement would read and write, for planning: Trino plans it, and does not run it. @throws as checkStatement */
export async function readsAndWrites(session: TrinoSession, statement: Statement): Promise<ReadsAndWrites> {
  const [row] = await session.all(`EXPLAIN (TYPE IO, FORMAT JSON)\n${session.compose(statement)}`);
  const plan = JSON.parse(String(Object.values(row ?? {})[0])) as { inputTableColumnInfos?: { table: Table }[]; outputTable?: Table };
  const reads = (plan.inputTableColumnInfos ?? []).map(({ table }) => nameOf(table));
  return { reads: [...new Set(reads)].sort(), writes: plan.outputTable && nameOf(plan.outputTable) };
}

function nameOf({ catalog, schemaTable: { schema, table } }: Table): string {
  return `${catalog}.${schema}.${table}`;
}
