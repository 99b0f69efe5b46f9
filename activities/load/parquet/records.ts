import type { DuckDbSession } from '../../engines/duckdb/session.js';
import { keptDays, knownDays, type LoadKey, type Published } from '../attempt.js';

/** PREPARED: all is written, the rename is due. PUBLISHED: readers see it. UNDOING: the old file is being brought back. UNDONE: for good. EXPIRED: published so long ago that what it replaced is gone. */
export type State = 'PREPARED' | 'PUBLISHED' | 'UNDOING' | 'UNDONE' | 'EXPIRED';

/** A load in the record. Paths are relative to the lake's folder. */
export interface LoadRecord extends Published {
  readonly key: string;
  readonly sequence: number;
  readonly state: State;
  readonly mode: string;
  /** The file that readers see. */
  readonly target: string;
  readonly staged: string;
  /** The staged file's number in the file system: it tells whether the file at the target is this load's. */
  readonly inode: string;
  /** The file that was there before, or null where there was none. */
  readonly kept: string | null;
}

const columns = ['key', 'state', 'mode', 'declaration', 'target', 'staged', 'inode', 'kept', 'rows', 'bytes', 'inserted', 'updated', 'deleted'] as const;
const select = `SELECT ${columns.map((column) => `"${column}"`).join(', ')}, sequence FROM loads`;

/** The rows of the ledger. Each call is a transaction of its own, on the disk when it returns. */
export class Records {
  static readonly table = `
    CREATE SEQUENCE IF NOT EXISTS load_sequence;
    CREATE TABLE IF NOT EXISTS loads (
      key VARCHAR NOT NULL, sequence BIGINT NOT NULL DEFAULT nextval('load_sequence'), state VARCHAR NOT NULL, mode VARCHAR, declaration VARCHAR, target VARCHAR, staged VARCHAR, inode VARCHAR, kept VARCHAR,
      rows BIGINT, bytes BIGINT, inserted BIGINT, updated BIGINT, deleted BIGINT, recorded_at TIMESTAMPTZ NOT NULL DEFAULT now())`;

  constructor(private readonly session: DuckDbSession) {}

  async find(key: LoadKey): Promise<LoadRecord | undefined> {
    return (await this.session.rows<LoadRecord>(`${select} WHERE key = $1`, [key.text]))[0];
  }

  /** Loads that a crash left half done. */
  unfinished(): Promise<LoadRecord[]> {
    return this.session.rows<LoadRecord>(`${select} WHERE state IN ('PREPARED', 'UNDOING') ORDER BY sequence`);
  }

  /** The next load after this one that was published to the same file. */
  async later(record: LoadRecord): Promise<LoadRecord | undefined> {
    return (
      await this.session.rows<LoadRecord>(`${select} WHERE target = $1 AND sequence > $2 AND state = 'PUBLISHED' ORDER BY sequence`, [
        record.target,
        record.sequence,
      ])
    )[0];
  }

  async prepare(record: Omit<LoadRecord, 'sequence' | 'state'>): Promise<void> {
    const values = columns.map((column) => (column === 'state' ? 'PREPARED' : record[column]));
    await this.session.rows(
      `INSERT INTO loads (${columns.map((column) => `"${column}"`).join(', ')}) VALUES (${columns.map((_, index) => `$${index + 1}`).join(', ')})`,
      values,
    );
  }

  async mark(key: string, state: State): Promise<void> {
    await this.session.rows('UPDATE loads SET state = $2 WHERE key = $1', [key, state]);
  }

  async keepInstead(key: string, kept: string | null): Promise<void> {
    await this.session.rows('UPDATE loads SET kept = $2 WHERE key = $1', [key, kept]);
  }

  async forget(key: string): Promise<void> {
    await this.session.rows('DELETE FROM loads WHERE key = $1', [key]);
  }

  /** Records that a load must never be published. */
  async refuse(key: LoadKey): Promise<void> {
    await this.session.rows("INSERT INTO loads (key, state) VALUES ($1, 'UNDONE')", [key.text]);
  }

  /** Forgets loads of very long ago, and gives the files that those of long ago kept: the caller removes them. */
  async prune(): Promise<string[]> {
    const older = 'recorded_at < now() - to_days(CAST($1 AS INTEGER))';
    const old = await this.session.rows<{ kept: string | null }>(`SELECT kept FROM loads WHERE state = 'PUBLISHED' AND ${older}`, [keptDays]);
    if (old.length > 0) await this.session.rows(`UPDATE loads SET state = 'EXPIRED', kept = NULL WHERE state = 'PUBLISHED' AND ${older}`, [keptDays]);
    await this.session.rows(`DELETE FROM loads WHERE state IN ('EXPIRED', 'UNDONE') AND ${older}`, [knownDays]);
    return old.flatMap(({ kept }) => kept ?? []);
  }
}
