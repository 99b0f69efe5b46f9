import pg from 'pg';
import { until } from '../../faults/until.js';

/** Keeps every commit of an Iceberg table waiting, in the catalog's database: who reads the table is let through. */
export class CommitLock {
  private constructor(
    private readonly holder: pg.Client,
    private readonly pid: number,
  ) {}

  /** @param url of the catalog's PostgreSQL @param table as `schema.name` */
  static async take(url: string, table: string): Promise<CommitLock> {
    const holder = new pg.Client({ connectionString: url });
    holder.on('error', () => undefined);
    await holder.connect();
    await holder.query('BEGIN');
    const { rows } = await holder.query<{ pid: number }>(
      'SELECT pg_backend_pid() AS pid FROM iceberg_tables WHERE table_namespace = $1 AND table_name = $2 FOR UPDATE',
      table.split('.'),
    );
    if (rows[0] === undefined) throw new Error(`The catalog has no table ${table}.`);
    return new CommitLock(holder, rows[0].pid);
  }

  /** Settles when a commit waits. */
  async met(): Promise<void> {
    const waiting = async () => (await this.holder.query('SELECT 1 FROM pg_locks WHERE NOT granted AND $1 = ANY (pg_blocking_pids(pid))', [this.pid])).rowCount;
    await until(waiting, (count) => (count ?? 0) > 0, { limit: 90_000, every: 50 });
  }

  open(): Promise<void> {
    return this.holder.end();
  }
}
