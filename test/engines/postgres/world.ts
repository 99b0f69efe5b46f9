import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import type * as z from 'zod';
import { closeEngines } from '../../../activities/engines/open-engine.js';
import extractRun from '../../../activities/extract/run.js';
import { extractData } from '../../../activities/extract/steps.js';
import { Warehouse } from '../../../activities/load/lake.fixture.js';
import type { Load } from '../../../activities/load/steps.js';
import migrationRun from '../../../activities/migration/run.js';
import qualityRun from '../../../activities/quality/run.js';
import { validateQuality } from '../../../activities/quality/steps.js';
import { runStep } from '../../../activities/run-step.fixture.js';
import sqlRun from '../../../activities/sql/run.js';
import { sql } from '../../../activities/sql/steps.js';
import type { AnyStep } from '../../../sdk/authoring/step.js';
import type { TableRef } from '../../../sdk/index.js';
import type { Connection, StepContext } from '../../../sdk/node/index.js';
import { until } from '../../faults/until.js';
import { type PostgresServer, startPostgres } from '../../servers/postgres.js';
import { Gate } from '../postgres-gate.js';

type Changes = Partial<StepContext>;
type Settings = Extract<z.input<typeof Connection>, { kind: 'postgres' }>;
type Row = Record<string, unknown>;

/** What the server does for the steps, not for the witness. */
const active = "FROM pg_stat_activity WHERE application_name = 'headrace' AND state <> 'idle'";

/** Steps on a PostgreSQL of its own (connection `pg`, and a folder of Parquet, `lake`), and a witness of what it does. */
export class World {
  readonly house: Warehouse;
  private readonly connections: Record<string, z.input<typeof Connection>> = {};
  private tables = 0;

  private constructor(
    readonly server: PostgresServer,
    private readonly folder: string,
  ) {
    this.house = new Warehouse(this.connections);
    this.connections.lake = { kind: 'duckdb', folder: join(folder, 'lake') };
    this.connect('pg', this.as('headrace'));
  }

  /** @param roles each a connection of its name */
  static async open(roles: readonly string[] = []): Promise<World> {
    const server = await startPostgres();
    const folder = mkdtempSync(join(tmpdir(), 'headrace-postgres-group-'));
    const world = new World(server, folder);
    for (const role of roles) {
      await world.ask(`CREATE ROLE ${role} LOGIN`);
      world.connect(role, world.as(role));
    }
    return world;
  }

  connect(name: string, settings: Settings): void {
    this.connections[name] = settings;
  }

  /** A connection as a role. */
  as(role: string): Settings {
    return { kind: 'postgres', url: this.server.url.replace('//headrace@', `//${role}@`) };
  }

  async close(): Promise<void> {
    // First, so that a statement that a failed test has left running ends.
    await this.server.stop();
    await closeEngines();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** As the server itself tells it. */
  async ask(text: string): Promise<Row[]> {
    const witness = new pg.Client({ connectionString: this.server.url, application_name: 'witness' });
    witness.on('error', () => undefined);
    try {
      await witness.connect();
      return (await witness.query(text)).rows as Row[];
    } finally {
      await witness.end().catch(() => undefined);
    }
  }

  sql(statement: string, more: object = {}, changes: Changes = {}): Promise<unknown> {
    return runStep(sqlRun, sql, { on: 'pg', statement, ...more }, this.house.context(changes));
  }

  async extract(from: object, more: object = {}, changes: Changes = {}): Promise<{ table: TableRef; rows: number }> {
    return (await runStep(extractRun, extractData, { from, into: 'lake', ...more }, this.house.context(changes))) as { table: TableRef; rows: number };
  }

  quality(table: string, checks: readonly object[], on = 'pg', changes: Changes = {}): Promise<unknown> {
    return runStep(qualityRun, validateQuality, { table: { connection: on, table }, checks }, this.house.context(changes));
  }

  load(load: Load, changes: Changes = {}): Promise<unknown> {
    return this.house.load(load, changes);
  }

  migrate(step: AnyStep, table: string, more: object = {}, changes: Changes = {}): Promise<unknown> {
    return runStep(migrationRun, step, { connection: 'pg', table, ...more }, this.house.context(changes));
  }

  /** Rows with ids from 0 on, in the lake. */
  numbers(rows: number, word = 'first'): Promise<TableRef> {
    return this.house.rows(`SELECT DATE '2001-07-01' AS day, n AS id, '${word}' AS word, md5(n::VARCHAR) AS filling FROM range(${rows}) t(n)`);
  }

  freshTable(): string {
    this.tables += 1;
    return `public.table_${this.tables}`;
  }

  /** How often each row is there, and whose rows they are. */
  async rowsOf(table: string): Promise<Row[]> {
    return this.ask(`SELECT word, count(*)::int AS rows, count(DISTINCT id)::int AS different FROM ${table} GROUP BY word ORDER BY word`);
  }

  /** Waits until a statement with these words runs for a step. */
  async running(words: string): Promise<void> {
    await until(
      () => this.ask(`SELECT query ${active} AND position('${words}' IN query) > 0`),
      (found) => found.length > 0,
      { every: 5 },
    );
  }

  /** Waits until a load's rows come in. */
  async copying(): Promise<void> {
    await until(
      () => this.ask("SELECT 1 FROM pg_stat_progress_copy WHERE command = 'COPY FROM' AND tuples_processed > 1000"),
      (found) => found.length > 0,
      { every: 5 },
    );
  }

  /** Waits until the server does nothing for steps any more. */
  async idle(limit = 10_000): Promise<void> {
    await until(
      () => this.ask(`SELECT state, query ${active}`),
      (found) => found.length === 0,
      { limit },
    );
  }

  /** What attempts have staged. */
  async staged(): Promise<unknown[]> {
    const found = await this.ask("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'stage%' ORDER BY 1");
    return found.map(({ relname }) => relname);
  }

  /** Whoever reads the view `gate` waits until the gate is opened, or the test is over, or the server has been away. */
  async gate(): Promise<Gate> {
    const gate = await Gate.close(this.server.url);
    onTestFinished(() => gate.open().catch(() => undefined));
    return gate;
  }

  /** A table, empty, into which a statement's rows come through the gate when they are written. */
  async gatedTable(): Promise<string> {
    const table = this.freshTable();
    await this.ask(`CREATE TABLE ${table} (day date, id bigint, word text, filling text)`);
    await this.ask('CREATE OR REPLACE FUNCTION pass_the_gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM n FROM public.gate; RETURN NULL; END $$');
    await this.ask(`CREATE TRIGGER at_the_gate AFTER INSERT ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION pass_the_gate()`);
    return table;
  }
}
