import { quoteIdentifier } from '../../engines/dialect.js';
import type { DuckDbSession } from '../../engines/duckdb/session.js';
import { type Counts, keptDays, knownDays, type LoadKey, type Published } from '../attempt.js';

export interface FileLoad extends Published {
  readonly short: string;
  readonly state: 'PUBLISHED' | 'UNDONE' | 'EXPIRED';
  readonly created: boolean;
  readonly sequence: number | null;
  readonly target: string | null;
  /** Of an overwrite: the partition's value as the file writes it. */
  readonly partition: string | null;
}

const select = 'SELECT short, state, declaration, created, rows, bytes, inserted, updated, deleted, sequence, target, partition FROM headrace_ledger.loads';

/** The loads of a .duckdb file, in a table of that file. The rows that each added and removed are kept beside it. */
export class FileLedger {
  constructor(private readonly session: DuckDbSession) {}

  async ensure(): Promise<void> {
    await this.session.rows('CREATE SCHEMA IF NOT EXISTS headrace_ledger');
    await this.session.rows(`CREATE TABLE IF NOT EXISTS headrace_ledger.loads (
      key VARCHAR PRIMARY KEY, short VARCHAR, state VARCHAR, declaration VARCHAR, created BOOLEAN, rows BIGINT, bytes BIGINT, inserted BIGINT, updated BIGINT, deleted BIGINT, recorded_at TIMESTAMPTZ DEFAULT now())`);
    // Loads of earlier versions have none of these.
    for (const column of ['sequence BIGINT', 'target VARCHAR', 'partition VARCHAR'])
      await this.session.rows(`ALTER TABLE headrace_ledger.loads ADD COLUMN IF NOT EXISTS ${column}`);
  }

  added(key: Pick<LoadKey, 'short'>): string {
    return `headrace_ledger.${quoteIdentifier(`added_${key.short}`)}`;
  }

  removed(key: Pick<LoadKey, 'short'>): string {
    return `headrace_ledger.${quoteIdentifier(`removed_${key.short}`)}`;
  }

  async find(key: LoadKey): Promise<FileLoad | undefined> {
    return (await this.session.rows<FileLoad>(`${select} WHERE key = $1`, [key.text]))[0];
  }

  /** The next load that has overwritten the same partition since. */
  async overwriting({ sequence, target, partition }: FileLoad): Promise<FileLoad | undefined> {
    if (sequence === null || target === null || partition === null) return undefined;
    const later = `${select} WHERE state = 'PUBLISHED' AND target = $1 AND partition = $2 AND sequence > $3 ORDER BY sequence LIMIT 1`;
    return (await this.session.rows<FileLoad>(later, [target, partition, sequence]))[0];
  }

  async publish(
    key: LoadKey,
    { rows, bytes, inserted, updated, deleted }: Counts,
    { declaration, created, target, partition }: Pick<FileLoad, 'declaration' | 'created' | 'target' | 'partition'>,
  ): Promise<void> {
    await this.session.rows(
      `INSERT INTO headrace_ledger.loads (key, short, state, declaration, created, rows, bytes, inserted, updated, deleted, target, partition, sequence)
       SELECT $1, $2, 'PUBLISHED', $3, $4, $5, $6, $7, $8, $9, $10, $11, coalesce(max(sequence), 0) + 1 FROM headrace_ledger.loads`,
      [key.text, key.short, declaration, created, rows, bytes, inserted, updated, deleted, target, partition],
    );
  }

  async markUndone(key: LoadKey): Promise<void> {
    await this.session.rows(
      "INSERT INTO headrace_ledger.loads (key, short, state) VALUES ($1, $2, 'UNDONE') ON CONFLICT (key) DO UPDATE SET state = 'UNDONE'",
      [key.text, key.short],
    );
  }

  /** What a later load replaced is from now on what this one did. */
  async leaveOut(row: FileLoad, later: FileLoad): Promise<void> {
    await this.session.rows(`DROP TABLE ${this.added(row)}`);
    await this.session.rows(`DROP TABLE ${this.removed(later)}`);
    await this.session.rows(`ALTER TABLE ${this.removed(row)} RENAME TO ${quoteIdentifier(`removed_${later.short}`)}`);
  }

  /** Drops what loads of long ago kept, and forgets those of very long ago. */
  async prune(): Promise<void> {
    const older = 'recorded_at < now() - to_days($1::INTEGER)';
    const old = await this.session.rows<{ short: string }>(
      `UPDATE headrace_ledger.loads SET state = 'EXPIRED' WHERE state = 'PUBLISHED' AND ${older} RETURNING short`,
      [keptDays],
    );
    for (const key of old) {
      await this.session.rows(`DROP TABLE IF EXISTS ${this.added(key)}`);
      await this.session.rows(`DROP TABLE IF EXISTS ${this.removed(key)}`);
    }
    await this.session.rows(`DELETE FROM headrace_ledger.loads WHERE state <> 'PUBLISHED' AND ${older}`, [knownDays]);
  }
}
