import pg from 'pg';

const number = 7;

/** A table of one row, `public.gate`, that nobody can read while the gate is closed: a statement on it runs until a test opens it. */
export class Gate {
  private constructor(private readonly holder: pg.Client) {}

  /** @param url of the PostgreSQL, where Trino reads it the one behind the catalog */
  static async close(url: string): Promise<Gate> {
    const holder = new pg.Client({ connectionString: url });
    holder.on('error', () => undefined);
    await holder.connect();
    const passes = `pg_advisory_xact_lock_shared(${number})::text IS NOT NULL`;
    await holder.query(`CREATE OR REPLACE VIEW public.gate AS SELECT CASE WHEN ${passes} THEN 1 END AS n`);
    await holder.query(`SELECT pg_advisory_lock(${number})`);
    return new Gate(holder);
  }

  open(): Promise<void> {
    return this.holder.end();
  }
}
