import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import pg from 'pg';
import { quoteTable } from '../../activities/engines/table-name.js';
import { fingerprint } from '../../activities/engines/temporary-table.js';
import { ledgerSchema } from '../../activities/load/postgres/ledger.js';
import type { TableRef } from '../../sdk/index.js';
import { type Ground, postgresUrl } from './ground.js';
import { keepRows } from './pipelines/keep-rows.js';
import { askPostgres } from './rows.js';
import { until } from './until.js';

/** A run of keep_rows. */
interface Run {
  workflowId: string;
  runId: string;
}

const short = ({ workflowId, runId }: Run) => fingerprint(`${workflowId}/${runId}/rows`);

/** Waits until the run's load writes the rows that nobody sees yet. */
export async function whileItWrites(ground: Ground, run: Run, into: TableRef): Promise<void> {
  const copied = async () =>
    (await askPostgres(`SELECT 1 FROM pg_stat_progress_copy WHERE relid::regclass::text LIKE '%stage_${short(run)}%' AND tuples_processed > 0`)).length > 0;
  await until(
    () => (into.connection === 'lake' ? isStaged(ground, run, into) : copied()),
    (writes) => writes,
    { every: 5 },
  );
}

/** Whether some attempt of the run's load has rows that nobody sees yet. */
export async function isStaged({ lake }: Ground, run: Run, { connection }: TableRef): Promise<boolean> {
  if (connection !== 'lake')
    return (await askPostgres(`SELECT 1 FROM pg_tables WHERE schemaname = '${ledgerSchema}' AND tablename LIKE 'stage\\_${short(run)}%'`)).length > 0;
  const folder = join(lake, '.headrace/staging', short(run));
  return existsSync(folder) && readdirSync(folder).length > 0;
}

/** Keeps everybody from publishing into a table, and from undoing, until it is let go. */
export async function block(ground: Ground, { connection, table }: TableRef): Promise<() => Promise<void>> {
  if (connection === 'lake') return blockLake(ground);
  const client = new pg.Client(postgresUrl);
  await client.connect();
  await client.query('BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0');
  await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('${ledgerSchema}.load:' || $1, 0))`, [quoteTable(table)]);
  return () => client.end();
}

/** A run of keep_rows that has failed after its load and waits to undo it, until it is let go. */
export async function heldInUndo(ground: Ground, { day, into }: { day: string; into: TableRef }) {
  const run = await ground.client.start(keepRows, { day, into, mark: 'second', fails: true });
  await ground.held('failing');
  const letGo = await block(ground, into);
  ground.go('failing');
  await until(
    () => ground.status(run.workflowId),
    ({ currentActivity }) => currentActivity === 'undo_load',
  );
  return { run, letGo };
}

async function blockLake({ lake }: Ground): Promise<() => Promise<void>> {
  const instance = await until(
    () => DuckDBInstance.create(join(lake, '.headrace/loads.duckdb')).catch(() => undefined),
    (opened) => opened !== undefined,
    { every: 5 },
  );
  return async () => instance?.closeSync();
}
