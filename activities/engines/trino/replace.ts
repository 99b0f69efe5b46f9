import { randomUUID } from 'node:crypto';
import { ValidationError } from '../../../sdk/index.js';
import type { StepContext } from '../../../sdk/node/index.js';
import { follow } from '../../outside/follow.js';
import { quoteIdentifier, quoteLiteral } from '../dialect.js';
import type { Statement, Written } from '../engine.js';
import { madeNow } from '../made-now.js';
import { describe, replacesAtOnce } from './catalogs.js';
import { failureName } from './errors.js';
import { checkStatement } from './explain.js';
import { type Changed, changedBy, doneOn } from './page.js';
import type { TrinoSession } from './session.js';
import { StatementWork } from './statement-work.js';

/** A table with all the parts of its name. */
export interface Target {
  readonly catalog: string;
  readonly schema: string;
  readonly name: string;
}

interface Made extends Changed {
  /** The table that the rows were written to. */
  readonly written: string;
  readonly engine: NonNullable<Written['engine']>;
}

/**
 * Makes a table of a query's rows. Where the connector can, one commit replaces what was there; elsewhere the rows are written beside it, and the new table takes the
 * old one's name after the old one was dropped.
 *
 * @param lasting whether a later attempt of the step could go on with the statement
 */
export async function replaceTable(session: TrinoSession, context: StepContext, target: Target, query: Statement, lasting: boolean): Promise<Written> {
  const atOnce = await replacesAtOnce(session, target.catalog);
  const nameFor = (id: string) => quoted(atOnce ? target : { ...target, name: `staged_${id}` });
  const create = (id: string) => session.compose(query, (text) => createTable(nameFor(id), atOnce, text));
  const making = lasting ? followed(session, context, nameFor, create, atOnce) : alone(session, nameFor, create);
  const made = await making.catch((error: unknown) => tellOf(error, session, query));
  if (!atOnce) await swap(session, made.written, quoted(target));
  const rows = made.rows ?? (await count(session, quoted(target)));
  return { rows, bytes: made.bytes, columns: await describe(session, quoted(target)), engine: made.engine };
}

function createTable(name: string, atOnce: boolean, text: string): string {
  return `CREATE ${atOnce ? 'OR REPLACE ' : ''}TABLE ${name} COMMENT ${quoteLiteral(madeNow())} AS\n${text}`;
}

type Named = (id: string) => string;

async function followed(session: TrinoSession, context: StepContext, nameFor: Named, create: Named, atOnce: boolean): Promise<Made> {
  const work = new StatementWork(session, async (id) => {
    if (!atOnce) await session.rows(`DROP TABLE IF EXISTS ${nameFor(id)}`);
    return create(id);
  });
  const { result, engine } = await follow(work, context);
  return { ...result, engine, written: nameFor(engine.id) };
}

async function alone(session: TrinoSession, nameFor: Named, create: Named): Promise<Made> {
  const id = randomUUID();
  const last = await session.stream(create(id), () => true);
  return { ...changedBy(last), engine: doneOn(last), written: nameFor(id) };
}

/** A mistake is told in lines of the query's own text, not of the statement around it. */
async function tellOf(error: unknown, session: TrinoSession, query: Statement): Promise<never> {
  if (error instanceof ValidationError) await checkStatement(session, query);
  throw error;
}

/** An attempt that died after this was done finds no staged table, and leaves what is there. */
async function swap(session: TrinoSession, staged: string, target: string): Promise<void> {
  try {
    await describe(session, staged);
  } catch (error) {
    if (failureName(error) === 'TABLE_NOT_FOUND') return;
    throw error;
  }
  await session.rows(`DROP TABLE IF EXISTS ${target}`);
  await session.rows(`ALTER TABLE ${staged} RENAME TO ${target}`);
}

async function count(session: TrinoSession, table: string): Promise<number> {
  const [found] = await session.rows<{ rows: number }>(`SELECT count(*) AS rows FROM ${table}`);
  return found?.rows ?? 0;
}

function quoted({ catalog, schema, name }: Target): string {
  return [catalog, schema, name].map(quoteIdentifier).join('.');
}
