import { quoteIdentifier } from '../dialect.js';
import type { Statement } from '../engine.js';
import type { TrinoSession } from './session.js';
import { firstWords, tokensOf } from './tokens.js';

/** Lets Trino check a statement without running it. @throws ValidationError, PermissionDeniedError: what is wrong, in lines of the statement's own text */
export async function checkStatement(session: TrinoSession, statement: Statement): Promise<void> {
  await session.all(`EXPLAIN (TYPE VALIDATE) ${session.compose(statement)}`);
}

/** What a statement that changes rows would do. */
export interface Plan {
  /** The tables that it reads, also below views, with how many rows Trino expects of each where it has statistics. */
  readonly reads: { table: string; rows?: number }[];
  /** The table that it writes to; none where only metadata changes, as when whole partitions are deleted. */
  readonly writes?: string;
}

/** `EXPLAIN (TYPE IO)` of 476 knows only the plans of these, and fails with others (ALTER … EXECUTE). */
const planned = /^(INSERT|DELETE|UPDATE|MERGE|CREATE)$/;

/**
 * Lets Trino plan a statement without running it. Of what is not planned, as ALTER, Trino checks only the syntax.
 *
 * @returns undefined where Trino has no plan
 * @throws ValidationError, PermissionDeniedError
 */
export async function planStatement(session: TrinoSession, text: string): Promise<Plan | undefined> {
  const [first = ''] = firstWords(tokensOf(text), 1);
  const type = planned.test(first) ? 'IO, FORMAT JSON' : 'VALIDATE';
  const [row] = await session.all<Record<string, unknown>>(`EXPLAIN (TYPE ${type}) ${text}`);
  const told = Object.values(row ?? {}).join('');
  // Of a definition it repeats the statement; a statement that is only checked is true.
  return told.startsWith('{') ? planOf(JSON.parse(told) as Told) : undefined;
}

interface Told {
  readonly inputTableColumnInfos: readonly { readonly table: TableTold; readonly estimate: { readonly outputRowCount: number | 'NaN' } }[];
  readonly outputTable?: TableTold;
}

interface TableTold {
  readonly catalog: string;
  readonly schemaTable: { readonly schema: string; readonly table: string };
}

function planOf({ inputTableColumnInfos: inputs, outputTable }: Told): Plan {
  const rows = new Map<string, number>();
  for (const { table, estimate } of inputs) rows.set(nameOf(table), Math.max(rows.get(nameOf(table)) ?? 0, Number(estimate.outputRowCount)));
  return {
    reads: [...rows].map(([table, expected]) => ({ table, ...(Number.isNaN(expected) ? {} : { rows: Math.round(expected) }) })),
    ...(outputTable === undefined ? {} : { writes: nameOf(outputTable) }),
  };
}

function nameOf({ catalog, schemaTable: { schema, table } }: TableTold): string {
  return [catalog, schema, table].map((part) => (/^[a-z_][a-z0-9_]*$/.test(part) ? part : quoteIdentifier(part))).join('.');
}
