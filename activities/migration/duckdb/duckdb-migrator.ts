import type { DuckDbFileEngine } from '../../engines/duckdb/file-engine.js';
import { parseTableName, quoteTable } from '../../engines/table-name.js';
import { fingerprint } from '../../engines/temporary-table.js';
import { type Content, type Migration, type Migrator, type Planned, type Restored, requireSame } from '../migrator.js';

interface BackupRow {
  backup: string;
  definition: string;
  rows: number;
  checksum: string;
}

/** Migrations of a table in a .duckdb file, whose DDL is transactional too. */
export class DuckDbMigrator implements Migrator {
  constructor(private readonly engine: DuckDbFileEngine) {}

  async obstacles(table: string): Promise<string[]> {
    await this.engine.columns(table);
    return [];
  }

  async attempt({ statements }: Migration): Promise<Planned[]> {
    const stop = new Error('taken back');
    const tried = this.engine.session.transaction(async () => {
      await this.runAll(statements);
      throw stop;
    });
    await tried.catch((error: unknown) => {
      if (error !== stop) throw error;
    });
    return [];
  }

  async backUp(table: string, key: string): Promise<Content & { backup: string }> {
    await this.ensure();
    return this.engine.session.transaction(async () => {
      const before = await this.find(key);
      if (before !== undefined) return { backup: before.backup, rows: before.rows, checksum: before.checksum, bytes: 0 };
      const backup = `headrace_ledger.backup_${fingerprint(key)}`;
      const content = await this.content(table);
      await this.engine.session.rows(`CREATE TABLE ${backup} AS FROM ${quoteTable(table)}`);
      requireSame(content, await this.content(backup), 'The backup', this.engine.connection);
      await this.engine.session.rows('INSERT INTO headrace_ledger.backups (key, backup, definition, rows, checksum) VALUES ($1, $2, $3, $4, $5)', [
        key,
        backup,
        JSON.stringify(await this.definition(table)),
        content.rows,
        content.checksum,
      ]);
      return { backup, ...content };
    });
  }

  async apply({ statements }: Migration, key: string): Promise<void> {
    await this.ensure();
    await this.engine.session.transaction(async () => {
      if (await this.applied(key)) return;
      await this.engine.session.rows('INSERT INTO headrace_ledger.migrations VALUES ($1, now())', [key]);
      await this.runAll(statements);
    });
  }

  async applied(key: string): Promise<boolean> {
    return (await this.engine.session.rows('SELECT key FROM headrace_ledger.migrations WHERE key = $1', [key])).length > 0;
  }

  async restore(table: string, key: string): Promise<Restored> {
    await this.ensure();
    const backup = await this.find(key);
    if (backup === undefined) return { restored: false, verified: true, ...(await this.content(table)) };
    if (await this.isAsBefore(table, backup)) return { restored: false, verified: true, ...(await this.content(table)) };
    return this.engine.session.transaction(async () => {
      await this.engine.session.rows(`DROP TABLE IF EXISTS ${quoteTable(table)}`);
      const [create, ...indexes] = JSON.parse(backup.definition) as string[];
      await this.engine.session.rows(create as string);
      await this.engine.session.rows(`INSERT INTO ${quoteTable(table)} FROM ${backup.backup}`);
      for (const index of indexes) await this.engine.session.rows(index);
      const content = await this.content(table);
      requireSame({ ...backup, bytes: 0 }, content, 'The restored table', this.engine.connection);
      return { restored: true, verified: true, ...content };
    });
  }

  async content(table: string): Promise<Content> {
    await this.engine.columns(table);
    const [found] = await this.engine.session.rows<{ rows: number; checksum: string }>(
      `SELECT count(*) AS rows, CAST(COALESCE(sum(CAST(md5_number_lower(CAST(content AS VARCHAR)) AS HUGEINT)), 0) AS VARCHAR) AS checksum FROM ${quoteTable(table)} AS content`,
    );
    return { rows: found?.rows ?? 0, bytes: 0, checksum: `${found?.rows}:${found?.checksum}` };
  }

  private async isAsBefore(table: string, backup: BackupRow): Promise<boolean> {
    const definition = await this.definition(table);
    return definition.length > 0 && JSON.stringify(definition) === backup.definition && (await this.content(table)).checksum === backup.checksum;
  }

  /** The statements that make the table and its indexes. */
  private async definition(table: string): Promise<string[]> {
    const { schema = 'main', name } = parseTableName(table);
    const where = 'WHERE table_name = $1 AND schema_name = $2 AND database_name = current_database()';
    const rows = await this.engine.session.rows<{ sql: string }>(
      `SELECT sql FROM (SELECT sql, '' AS name FROM duckdb_tables() ${where} UNION ALL SELECT sql, index_name FROM duckdb_indexes() ${where}) ORDER BY name`,
      [name, schema],
    );
    return rows.map(({ sql }) => sql);
  }

  private async find(key: string): Promise<BackupRow | undefined> {
    return (await this.engine.session.rows<BackupRow>('SELECT backup, definition, rows, checksum FROM headrace_ledger.backups WHERE key = $1', [key]))[0];
  }

  private async runAll(statements: readonly string[]): Promise<void> {
    for (const text of statements) await this.engine.session.query({ text }, 1);
  }

  private async ensure(): Promise<void> {
    await this.engine.session.rows('CREATE SCHEMA IF NOT EXISTS headrace_ledger');
    await this.engine.session.rows(
      'CREATE TABLE IF NOT EXISTS headrace_ledger.backups (key VARCHAR PRIMARY KEY, backup VARCHAR, definition VARCHAR, rows BIGINT, checksum VARCHAR, recorded_at TIMESTAMPTZ DEFAULT now())',
    );
    await this.engine.session.rows('CREATE TABLE IF NOT EXISTS headrace_ledger.migrations (key VARCHAR PRIMARY KEY, recorded_at TIMESTAMPTZ)');
  }
}
