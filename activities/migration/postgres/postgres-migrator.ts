import { HeadraceError, ValidationError } from '../../../sdk/index.js';
import type { PostgresEngine } from '../../engines/postgres/postgres-engine.js';
import { quoteTable } from '../../engines/table-name.js';
import { fingerprint } from '../../engines/temporary-table.js';
import { type Content, type Migration, type Migrator, type Planned, type Restored, requireSame } from '../migrator.js';
import { type Definition, readDefinition, sameDefinition } from './definition.js';
import { copyRows, rebuild } from './rebuild.js';

interface BackupRow {
  backup: string;
  definition: Definition;
  rows: number;
  bytes: number;
  checksum: string;
}

const tables = `
  CREATE TABLE IF NOT EXISTS headrace_ledger.backups (key text PRIMARY KEY, backup text NOT NULL, definition jsonb NOT NULL, rows bigint NOT NULL, bytes bigint NOT NULL, checksum text NOT NULL, recorded_at timestamptz NOT NULL DEFAULT now());
  CREATE TABLE IF NOT EXISTS headrace_ledger.migrations (key text PRIMARY KEY, recorded_at timestamptz NOT NULL DEFAULT now())`;

/** What a backup that LIKE makes would lose, or what a restore could not replace. */
const obstacles = `
  SELECT 'It is a partitioned or foreign table.' AS problem FROM pg_class WHERE oid = to_regclass($1) AND relkind <> 'r'
  UNION ALL SELECT 'Other tables inherit from it, or it from others.' WHERE EXISTS (SELECT FROM pg_inherits WHERE to_regclass($1) IN (inhrelid, inhparent))
  UNION ALL SELECT 'It has row-level security policies.' WHERE EXISTS (SELECT FROM pg_policy WHERE polrelid = to_regclass($1))
  UNION ALL SELECT 'It has rules.' WHERE EXISTS (SELECT FROM pg_rewrite WHERE ev_class = to_regclass($1))
  UNION ALL SELECT DISTINCT 'The view ' || r.ev_class::regclass::text || ' depends on it.' FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid = to_regclass($1) AND r.ev_class <> to_regclass($1)`;

/** Migrations on PostgreSQL, whose DDL is transactional: an error proves that nothing was applied. */
export class PostgresMigrator implements Migrator {
  constructor(private readonly engine: PostgresEngine) {}

  async obstacles(table: string): Promise<string[]> {
    await this.engine.columns(table);
    const found = await this.engine.session.rows<{ problem: string }>(obstacles, [quoteTable(table)]);
    return found.map(({ problem }) => `${table} could not be brought back from a backup. ${problem}`);
  }

  async attempt({ statements }: Migration): Promise<Planned[]> {
    const stop = new Error('taken back');
    await this.engine.session
      .transaction(async () => {
        await this.engine.session.rows("SET LOCAL lock_timeout = '10s'");
        await this.runAll(statements);
        throw stop;
      })
      .catch((error: unknown) => {
        if (error !== stop) throw error;
      });
    return [];
  }

  async backUp(table: string, key: string): Promise<Content & { backup: string }> {
    await this.ensure();
    return this.engine.session.transaction(async () => {
      const before = await this.find(key);
      if (before !== undefined) return { backup: before.backup, rows: before.rows, bytes: before.bytes, checksum: before.checksum };
      const quoted = quoteTable(table);
      await this.engine.columns(table);
      await this.engine.session.rows(`LOCK TABLE ${quoted} IN SHARE MODE`);
      const definition = await readDefinition(this.engine, quoted);
      const backup = `headrace_ledger.backup_${fingerprint(key)}`;
      await this.engine.session.rows(`CREATE TABLE ${backup} (LIKE ${quoted} INCLUDING ALL EXCLUDING INDEXES)`);
      await copyRows(this.engine, quoted, backup);
      const content = await this.content(table);
      requireSame(content, await this.content(backup), 'The backup', this.engine.connection);
      await this.engine.session.rows('INSERT INTO headrace_ledger.backups (key, backup, definition, rows, bytes, checksum) VALUES ($1, $2, $3, $4, $5, $6)', [
        key,
        backup,
        JSON.stringify(definition),
        content.rows,
        content.bytes,
        content.checksum,
      ]);
      return { backup, ...content };
    });
  }

  async apply({ statements }: Migration, key: string): Promise<void> {
    await this.ensure();
    await this.engine.session.transaction(async () => {
      // A second attempt waits here for the first one's transaction, and then sees whether it came through.
      const { changed } = await this.engine.session.run({
        text: 'INSERT INTO headrace_ledger.migrations (key) VALUES ($1) ON CONFLICT DO NOTHING',
        parameters: [key],
      });
      if (changed === 0) return;
      await this.runAll(statements);
    });
  }

  async applied(key: string): Promise<boolean> {
    await this.ensure();
    return (await this.engine.session.rows('SELECT key FROM headrace_ledger.migrations WHERE key = $1', [key])).length > 0;
  }

  async restore(table: string, key: string): Promise<Restored> {
    await this.ensure();
    return this.engine.session.transaction(async () => {
      const backup = await this.find(key);
      const quoted = quoteTable(table);
      if (backup === undefined) return { restored: false, verified: true, ...(await this.content(table)) };
      const now = await readDefinition(this.engine, quoted);
      if (now !== undefined) await this.engine.session.rows(`LOCK TABLE ${quoted} IN ACCESS EXCLUSIVE MODE`);
      if (now !== undefined && sameDefinition(now, backup.definition) && (await this.content(table)).checksum === backup.checksum)
        return this.verified(table, backup, false);
      await rebuild(this.engine, quoted, backup.backup, backup.definition);
      return this.verified(table, backup, true);
    });
  }

  async content(table: string): Promise<Content> {
    await this.engine.columns(table);
    const text = `SELECT count(*) AS rows, pg_total_relation_size(to_regclass($1)) AS bytes, COALESCE(sum(('x' || substr(md5(content::text), 1, 16))::bit(64)::bigint::numeric), 0)::text AS checksum FROM ${quoteTable(table)} AS content`;
    const [found] = await this.engine.session.rows<Content>(text, [quoteTable(table)]);
    return { rows: found?.rows ?? 0, bytes: found?.bytes ?? 0, checksum: `${found?.rows}:${found?.checksum}` };
  }

  private async verified(table: string, backup: BackupRow, restored: boolean): Promise<Restored> {
    const content = await this.content(table);
    requireSame(backup, content, 'The restored table', this.engine.connection);
    const definition = await readDefinition(this.engine, quoteTable(table));
    if (definition === undefined || !sameDefinition(definition, backup.definition))
      throw new HeadraceError(`The restored table ${table} does not have the definition of its backup. It is left as it was.`, {
        where: table,
        fix: `Compare it with ${backup.backup}.`,
      });
    return { restored, verified: true, ...content };
  }

  private async find(key: string): Promise<BackupRow | undefined> {
    return (
      await this.engine.session.rows<BackupRow>('SELECT backup, definition, rows, bytes, checksum FROM headrace_ledger.backups WHERE key = $1 FOR UPDATE', [
        key,
      ])
    )[0];
  }

  private async runAll(statements: readonly string[]): Promise<void> {
    for (const [index, text] of statements.entries()) {
      await this.engine.session.run({ text }).catch((error: unknown) => {
        if (!(error instanceof ValidationError)) throw error;
        throw new ValidationError(`Statement ${index + 1} of ${statements.length}: ${error.message}`, { code: error.code, where: error.where, cause: error });
      });
    }
  }

  private async ensure(): Promise<void> {
    const [found] = await this.engine.session.rows<{ there: boolean }>(
      "SELECT to_regclass('headrace_ledger.backups') IS NOT NULL AND to_regclass('headrace_ledger.migrations') IS NOT NULL AS there",
    );
    if (found?.there) return;
    await this.engine.session.transaction(async () => {
      await this.engine.ensureSchema('headrace_ledger');
      await this.engine.session.rows("SELECT pg_advisory_xact_lock(hashtextextended('headrace_ledger.backups', 0))");
      for (const table of tables.split(';')) await this.engine.session.rows(table);
    });
  }
}
