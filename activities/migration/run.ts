import { setTimeout as wait } from 'node:timers/promises';
import { HeadraceError, Refused, ValidationError } from '../../sdk/index.js';
import { implement, type StepContext } from '../../sdk/node/index.js';
import { DuckDbFileEngine } from '../engines/duckdb/file-engine.js';
import type { Engine } from '../engines/engine.js';
import { withEngine } from '../engines/open-engine.js';
import { PostgresEngine } from '../engines/postgres/postgres-engine.js';
import { TrinoEngine } from '../engines/trino/trino-engine.js';
import { Lakehouse } from '../load/iceberg/lakehouse.js';
import { patiently } from '../outside/patience.js';
import type { QualityReport } from '../quality/steps.js';
import { validate } from '../quality/validate.js';
import { DuckDbMigrator } from './duckdb/duckdb-migrator.js';
import { IcebergMigrator } from './iceberg/iceberg-migrator.js';
import type { Migrator } from './migrator.js';
import { PostgresMigrator } from './postgres/postgres-migrator.js';
import { applyMigration, createBackup, type Migration, restoreBackup, validateMigration, validatePostMigration } from './steps.js';

/** Times that statements are tried whose failure has left them unapplied. */
const tries = 3;
/** Milliseconds for which an engine that went away in the middle is waited for: there is no other attempt that could ask it. */
const patience = 5 * 60_000;

export default implement(
  { validateMigration, createBackup, applyMigration, restoreBackup, validatePostMigration },
  {
    validateMigration: async (input, context) => {
      const { content, problems, plan } = await withMigrator(context, input.connection, (migrator) => examine(migrator, input));
      return { ...judge(problems, content, await quality(input, input.checksBefore, context)), ...(plan.length === 0 ? {} : { plan }) };
    },
    createBackup: ({ connection, table }, context) =>
      withMigrator(context, connection, async (migrator) => {
        const { backup, ...content } = await migrator.backUp(table, backupKey(context, connection, table));
        return { backup: { connection, table: backup }, ...content };
      }),
    applyMigration: async (input, context) => {
      await applyOnce(input, context);
      const { rows, bytes } = await whenItIsBack(context, input.connection, (migrator) => migrator.content(input.table)).catch(gone);
      return { statements: input.statements.length, rows, bytes };
    },
    restoreBackup: ({ connection, table }, context) =>
      withMigrator(context, connection, (migrator) => migrator.restore(table, backupKey(context, connection, table))),
    validatePostMigration: async (input, context) => {
      const content = await withMigrator(context, input.connection, (migrator) => migrator.content(input.table));
      return judge([], content, await quality(input, input.checksAfter, context));
    },
  },
);

function backupKey({ workflowId, runId }: StepContext, connection: string, table: string): string {
  return `${workflowId}/${runId}/${connection}/${table}`;
}

function withMigrator<Result>(context: StepContext, connection: string, work: (migrator: Migrator) => Promise<Result>): Promise<Result> {
  return withEngine(context, connection, (engine) => work(migratorOf(engine)));
}

function whenItIsBack<Result>(context: StepContext, connection: string, work: (migrator: Migrator) => Promise<Result>): Promise<Result> {
  const onTrouble = ({ message }: HeadraceError) => context.log.warn(`the engine is asked again: ${message}`);
  return patiently({ limit: patience, signal: context.signal, onTrouble }, () => withMigrator(context, connection, work));
}

function migratorOf(engine: Engine): Migrator {
  if (engine instanceof PostgresEngine) return new PostgresMigrator(engine);
  if (engine instanceof DuckDbFileEngine) return new DuckDbMigrator(engine);
  if (engine instanceof TrinoEngine) return new IcebergMigrator(new Lakehouse(engine));
  throw new ValidationError(`Tables of '${engine.connection}' cannot be migrated: a folder of Parquet has no DDL.`, {
    where: engine.connection,
    fix: 'Use a postgres or trino connection, or a duckdb connection with a file.',
  });
}

async function examine(migrator: Migrator, { table, statements, tryStatements }: Migration & { tryStatements: boolean }) {
  const problems = await migrator.obstacles(table);
  const plan = tryStatements
    ? await migrator.attempt({ table, statements }).catch((error: unknown) => {
        if (!(error instanceof Refused)) throw error;
        problems.push(error.message);
        return [];
      })
    : [];
  return { problems, plan, content: await migrator.content(table) };
}

async function quality({ connection, table }: Migration, checks: Migration['checksBefore'], context: StepContext): Promise<QualityReport | undefined> {
  return checks.length === 0 ? undefined : validate({ table: { connection, table }, where: [], checks, sampleRows: 5 }, context);
}

function judge(problems: string[], { rows, bytes }: { rows: number; bytes: number }, report: QualityReport | undefined) {
  const failed = report === undefined || report.passed ? [] : report.checks.filter((check) => !check.passed).map((check) => `${check.name}: ${check.message}`);
  const all = [...problems, ...failed];
  return { passed: all.length === 0, problems: all, rows, bytes, ...(report === undefined ? {} : { quality: report }) };
}

/** Tries again only after the engine has said, over a new connection, that not all was applied. What was, the migrator finds, or it refuses. */
async function applyOnce(migration: Migration, context: StepContext): Promise<void> {
  const { connection, table } = migration;
  const backup = backupKey(context, connection, table);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await withMigrator(context, connection, (migrator) => migrator.apply(migration, context.key, backup));
    } catch (error) {
      if (error instanceof Refused || context.signal.aborted) throw error;
      if (await whenItIsBack(context, connection, (migrator) => migrator.applied(context.key))) return;
      if (attempt === tries) throw error;
      context.log.warn(`it was not applied, and is tried again: ${(error as Error).message}`);
    }
    await wait(1_000 * attempt, undefined, { signal: context.signal });
  }
}

function gone(error: unknown): { rows: number; bytes: number } {
  if (error instanceof HeadraceError && error.code === 'unknown_table') return { rows: 0, bytes: 0 };
  throw error;
}
