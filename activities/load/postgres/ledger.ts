import { quoteIdentifier } from '../../engines/dialect.js';
import type { PostgresEngine } from '../../engines/postgres/postgres-engine.js';
import { keptDays, knownDays, type LoadKey, type Published } from '../attempt.js';
import { stagedPrefix } from '../staged-name.js';

/** A load in the ledger, which is a table of the database itself: it commits together with the rows. */
export interface LoadRow extends Published {
  readonly key: string;
  readonly sequence: number;
  readonly state: 'PUBLISHED' | 'UNDONE' | 'EXPIRED';
  readonly mode: string;
  readonly target: string;
  readonly partition: string | null;
  /** The transaction that published, by which its rows are found again. */
  readonly transaction: string;
  /** The table with the rows that it replaced. */
  readonly kept: string | null;
  /** The columns that tell which kept row belongs to which row of the target; empty where rows were deleted. */
  readonly identity: string[];
  /** Whether the load made the target. */
  readonly created: boolean;
}

const columns = [
  'key',
  'mode',
  'declaration',
  'target',
  'partition',
  'transaction',
  'kept',
  'identity',
  'created',
  'rows',
  'bytes',
  'inserted',
  'updated',
  'deleted',
] as const;
const select = `SELECT ${columns.map((column) => (column === 'identity' ? 'to_jsonb(identity) AS identity' : quoteIdentifier(column))).join(', ')}, state, sequence FROM headrace_ledger.loads`;

const table = `
  CREATE TABLE IF NOT EXISTS headrace_ledger.loads (
    key text PRIMARY KEY, sequence bigint GENERATED ALWAYS AS IDENTITY, state text NOT NULL, mode text, declaration text, target text, partition text, transaction text, kept text, identity text[], created boolean,
    rows bigint, bytes bigint, inserted bigint, updated bigint, deleted bigint, recorded_at timestamptz NOT NULL DEFAULT now())`;

/** The schema of the ledger, of kept rows and of staging. */
export const ledgerSchema = 'headrace_ledger';

/** The rows of the ledger, within the transaction of whoever asks. */
export class Ledger {
  constructor(private readonly engine: PostgresEngine) {}

  /** Makes the ledger where it is not there yet. */
  async ensure(): Promise<void> {
    const [found] = await this.rows<{ there: boolean }>("SELECT to_regclass('headrace_ledger.loads') IS NOT NULL AS there");
    if (found?.there) return;
    await this.engine.session.transaction(async () => {
      await this.engine.ensureSchema(ledgerSchema);
      await this.rows("SELECT pg_advisory_xact_lock(hashtextextended('headrace_ledger.loads', 0))");
      await this.rows(table);
    });
  }

  /** Holds a target until the transaction's end, also one that is not there yet. */
  async holdTarget(target: string): Promise<void> {
    // A worker that stops in the middle of its transaction is cut off by the server, and lets go.
    await this.rows(
      "SELECT set_config('idle_in_transaction_session_timeout', '60s', true), pg_advisory_xact_lock(hashtextextended('headrace_ledger.load:' || $1, 0))",
      [target],
    );
  }

  async find(key: LoadKey): Promise<LoadRow | undefined> {
    return (await this.rows<LoadRow>(`${select} WHERE key = $1 FOR UPDATE`, [key.text]))[0];
  }

  /** The next load of the same partition that came after this one. */
  async later(row: LoadRow): Promise<LoadRow | undefined> {
    return (
      await this.rows<LoadRow>(
        `${select} WHERE target = $1 AND sequence > $2 AND state = 'PUBLISHED' AND partition IS NOT DISTINCT FROM $3 ORDER BY sequence LIMIT 1`,
        [row.target, row.sequence, row.partition],
      )
    )[0];
  }

  async publish(row: Omit<LoadRow, 'sequence' | 'state' | 'transaction'>): Promise<void> {
    const given = columns.filter((column) => column !== 'transaction');
    const values = given.map((column) =>
      column === 'identity'
        ? `{${row.identity.map((name) => `"${name.replace(/["\\]/g, '\\$&')}"`).join(',')}}`
        : (row[column as keyof typeof row] as string | number | boolean | null),
    );
    await this.rows(
      `INSERT INTO headrace_ledger.loads (${given.map(quoteIdentifier).join(', ')}, transaction, state) VALUES (${given.map((_, index) => `$${index + 1}`).join(', ')}, pg_current_xact_id()::text, 'PUBLISHED')`,
      values,
    );
  }

  async markUndone(key: LoadKey): Promise<void> {
    await this.rows("INSERT INTO headrace_ledger.loads (key, state) VALUES ($1, 'UNDONE') ON CONFLICT (key) DO UPDATE SET state = 'UNDONE', kept = NULL", [
      key.text,
    ]);
  }

  async keepInstead(key: string, kept: string | null): Promise<void> {
    await this.rows('UPDATE headrace_ledger.loads SET kept = $2 WHERE key = $1', [key, kept]);
  }

  /** Tells others that this session works with a staged table, for as long as it is open. */
  async holdStaged(name: string): Promise<void> {
    await this.rows("SELECT pg_advisory_lock(hashtextextended('headrace_ledger.staged:' || $1, 0))", [name]);
  }

  /** Drops what loads of long ago kept, forgets those of very long ago, and drops what was staged by sessions that are over. What other roles own is left to them. */
  async prune(): Promise<void> {
    const old = await this.rows<{ kept: string | null }>(
      `WITH old AS MATERIALIZED (SELECT key, kept FROM headrace_ledger.loads WHERE state = 'PUBLISHED' AND recorded_at < now() - make_interval(days => $1::integer)
         AND NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'headrace_ledger'::regnamespace AND relname = kept AND NOT pg_has_role(relowner, 'USAGE'))
         LIMIT 20 FOR UPDATE SKIP LOCKED)
       UPDATE headrace_ledger.loads SET state = 'EXPIRED', kept = NULL FROM old WHERE loads.key = old.key RETURNING old.kept`,
      [keptDays],
    );
    await this.rows(
      `DELETE FROM headrace_ledger.loads WHERE key IN (SELECT key FROM headrace_ledger.loads
         WHERE state <> 'PUBLISHED' AND recorded_at < now() - make_interval(days => $1::integer) LIMIT 20 FOR UPDATE SKIP LOCKED)`,
      [knownDays],
    );
    const left = await this.rows<{ name: string }>(
      `WITH staged AS MATERIALIZED (SELECT relname::text AS name FROM pg_class
         WHERE relnamespace = 'headrace_ledger'::regnamespace AND starts_with(relname::text, $1) AND relkind = 'r' AND pg_has_role(relowner, 'USAGE'))
       SELECT name FROM staged WHERE pg_try_advisory_xact_lock(hashtextextended('headrace_ledger.staged:' || name, 0))`,
      [stagedPrefix()],
    );
    const names = [...old.flatMap(({ kept }) => kept ?? []), ...left.map(({ name }) => name)];
    for (const name of names) await this.rows(`DROP TABLE IF EXISTS headrace_ledger.${quoteIdentifier(name)}`);
  }

  private rows<R>(text: string, parameters?: Parameters<PostgresEngine['session']['rows']>[1]): Promise<R[]> {
    return this.engine.session.rows<R>(text, parameters);
  }
}
