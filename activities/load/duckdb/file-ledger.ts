import { quoteIdentifier } from '../../engines/dialect.js';
import type { DuckDbSession } from '../../engines/duckdb/session.js';
import { type Counts, keptDays, type LoadKey, type Published } from '../attempt.js';

interface FileLoad extends Published {
  readonly state: 'PUBLISHED' | 'UNDONE';
  readonly created: boolean;
}

/** The loads of a .duckdb file, in a table of that file. The rows that each added and removed are kept beside it. */
export class FileLedger {
  constructor(private readonly session: DuckDbSession) {}

  async ensure(): Promise<void> {
    await this.session.rows('CREATE SCHEMA IF NOT EXISTS headrace_ledger');
    await this.session.rows(`CREATE TABLE IF NOT EXISTS headrace_ledger.loads (
      key VARCHAR PRIMARY KEY, short VARCHAR, state VARCHAR, declaration VARCHAR, created BOOLEAN, rows BIGINT, bytes BIGINT, inserted BIGINT, updated BIGINT, deleted BIGINT, recorded_at TIMESTAMPTZ DEFAULT now())`);
    await this.prune();
  }

  added(key: Pick<LoadKey, 'short'>): string {
    return `headrace_ledger.${quoteIdentifier(`added_${key.short}`)}`;
  }

  removed(key: Pick<LoadKey, 'short'>): string {
    return `headrace_ledger.${quoteIdentifier(`removed_${key.short}`)}`;
  }

  async find(key: LoadKey): Promise<FileLoad | undefined> {
    return (
      await this.session.rows<FileLoad>(
        'SELECT state, declaration, created, rows, bytes, inserted, updated, deleted FROM headrace_ledger.loads WHERE key = $1',
        [key.text],
      )
    )[0];
  }

  async publish(key: LoadKey, { rows, bytes, inserted, updated, deleted }: Counts, declaration: string, created: boolean): Promise<void> {
    await this.session.rows(
      "INSERT INTO headrace_ledger.loads (key, short, state, declaration, created, rows, bytes, inserted, updated, deleted) VALUES ($1, $2, 'PUBLISHED', $3, $4, $5, $6, $7, $8, $9)",
      [key.text, key.short, declaration, created, rows, bytes, inserted, updated, deleted],
    );
  }

  async markUndone(key: LoadKey): Promise<void> {
    await this.session.rows(
      "INSERT INTO headrace_ledger.loads (key, short, state) VALUES ($1, $2, 'UNDONE') ON CONFLICT (key) DO UPDATE SET state = 'UNDONE'",
      [key.text, key.short],
    );
  }

  private async prune(): Promise<void> {
    const old = await this.session.rows<{ short: string }>(
      'DELETE FROM headrace_ledger.loads WHERE recorded_at < now() - to_days($1::INTEGER) RETURNING short',
      [keptDays],
    );
    for (const key of old) {
      await this.session.rows(`DROP TABLE IF EXISTS ${this.added(key)}`);
      await this.session.rows(`DROP TABLE IF EXISTS ${this.removed(key)}`);
    }
  }
}
