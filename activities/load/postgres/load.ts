import type { StepContext } from '../../../sdk/node/index.js';
import { quoteIdentifier } from '../../engines/dialect.js';
import type { Column, LocalData } from '../../engines/engine.js';
import { copyIn } from '../../engines/postgres/copy.js';
import type { PostgresEngine } from '../../engines/postgres/postgres-engine.js';
import { quoteTable } from '../../engines/table-name.js';
import { type Counts, countsOf, declarationOf, type LoadKey, loadUndone } from '../attempt.js';
import { stagedName } from '../staged-name.js';
import type { Load } from '../steps.js';
import { apply } from './apply.js';
import { Ledger, type LoadRow } from './ledger.js';
import { openTarget } from './target.js';

/** Rows that are inside the database, ready to be applied. */
interface Staged {
  /** Quoted. */
  readonly name: string;
  readonly columns: readonly Column[];
  readonly bytes: number;
}

/** Loads rows into PostgreSQL: staged outside, applied and recorded in one transaction. @throws SchemaConflictError, ValidationError, Refused load_undone */
export async function loadPostgres(engine: PostgresEngine, load: Load, key: LoadKey, bring: () => Promise<LocalData>, context: StepContext): Promise<Counts> {
  engine.refuseLongName(load.into.table);
  const ledger = new Ledger(engine);
  await ledger.ensure();
  await ledger.prune();
  const before = publishedBefore(await ledger.find(key), load, key);
  if (before !== undefined) return before;
  const staged = load.from.connection === engine.connection ? await stagedAlready(engine, load) : await stage(engine, ledger, key, bring, context);
  try {
    return await publish(engine, ledger, load, key, staged);
  } finally {
    if (load.from.connection !== engine.connection) await engine.session.drop(staged.name);
  }
}

async function stagedAlready(engine: PostgresEngine, load: Load): Promise<Staged> {
  const columns = await engine.columns(load.from.table);
  const [size] = await engine.session.rows<{ bytes: number }>('SELECT pg_total_relation_size(to_regclass($1)) AS bytes', [quoteTable(load.from.table)]);
  return { name: quoteTable(load.from.table), columns, bytes: size?.bytes ?? 0 };
}

/** The attempt's own table, which goes with it: one that is left behind is held by no session. */
async function stage(engine: PostgresEngine, ledger: Ledger, key: LoadKey, bring: () => Promise<LocalData>, context: StepContext): Promise<Staged> {
  const table = stagedName(key);
  const name = `headrace_ledger.${quoteIdentifier(table)}`;
  await ledger.holdStaged(table);
  const data = await bring();
  try {
    await engine.createTable(name, data.columns);
    const { rows, bytes } = await copyIn(engine.session, name, data, context.signal);
    context.heartbeat({ rows });
    return { name, columns: await engine.columns(name), bytes };
  } catch (error) {
    await engine.session.drop(name);
    throw error;
  } finally {
    await data.dispose();
  }
}

async function publish(engine: PostgresEngine, ledger: Ledger, load: Load, key: LoadKey, staged: Staged): Promise<Counts> {
  return engine.session.transaction(async () => {
    await ledger.holdTarget(quoteTable(load.into.table));
    const before = publishedBefore(await ledger.find(key), load, key);
    if (before !== undefined) return before;
    const target = await openTarget(engine, load, staged.columns);
    const applied = await apply({ engine, load, key, target, rows: staged.name, columns: staged.columns });
    const [size] = await engine.session.rows<{ rows: number }>(`SELECT count(*) AS rows FROM ${staged.name}`);
    const counts = { rows: size?.rows ?? 0, bytes: staged.bytes, inserted: applied.inserted, updated: applied.updated, deleted: applied.deleted };
    await ledger.publish({
      key: key.text,
      mode: load.mode,
      declaration: declarationOf(load),
      target: quoteTable(load.into.table),
      created: target.created,
      ...applied,
      ...counts,
    });
    return counts;
  });
}

function publishedBefore(row: LoadRow | undefined, load: Load, key: LoadKey): Counts | undefined {
  if (row?.state === 'UNDONE') throw loadUndone(key);
  return row === undefined ? undefined : countsOf(row, load, key);
}
