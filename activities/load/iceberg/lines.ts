import { setTimeout as wait } from 'node:timers/promises';
import { HeadraceError } from '../../../sdk/index.js';
import { quoteLiteral } from '../../engines/dialect.js';
import { failureName } from '../../engines/trino/errors.js';
import { IcebergTable } from './iceberg-table.js';
import type { Lakehouse } from './lakehouse.js';

/** Something that was written down. */
export interface Line<Event extends string> {
  readonly key: string;
  readonly event: Event;
  /** JSON. */
  readonly details: string;
}

/** The schema of the ledgers and of staging. */
export const ledgerSchema = 'headrace_ledger';

const tries = 8;
const columns = 'key varchar, event varchar, details varchar, recorded_at timestamp(6) with time zone';

/** A small Iceberg table to which lines are only added, so that writers never conflict. It is made when it is first asked for. */
export class Lines<Event extends string> {
  private readonly table: IcebergTable;

  constructor(
    private readonly lakehouse: Lakehouse,
    catalog: string,
    name: string,
  ) {
    this.table = new IcebergTable(lakehouse, lakehouse.name(catalog, ledgerSchema, name));
  }

  /** In SQL. */
  get name(): string {
    return this.table.quoted;
  }

  async add(key: string, event: Event, details: object): Promise<void> {
    const values = [key, event, JSON.stringify(details)].map(quoteLiteral).join(', ');
    await again(() => this.lakehouse.run(`INSERT INTO ${this.table.quoted} VALUES (${values}, current_timestamp(6))`));
  }

  /** Lines in the order of time. */
  async where(condition: string): Promise<Line<Event>[]> {
    const select = `SELECT key, event, details FROM ${this.table.quoted} WHERE ${condition} ORDER BY recorded_at`;
    const found = await this.lakehouse.rows<Line<Event>>(select).catch(whereMissing);
    if (found === undefined) await this.create();
    return found ?? [];
  }

  /** Forgets lines of long ago, and keeps the files few. What fails is left for the next time. */
  async tidy(days: number): Promise<void> {
    const [size] = await this.lakehouse.rows<{ files: number }>(`SELECT count(*) AS files FROM ${this.table.about('files')}`);
    if ((size?.files ?? 0) < 100) return;
    await this.lakehouse.tidy(`DELETE FROM ${this.table.quoted} WHERE recorded_at < current_timestamp - INTERVAL '${days}' DAY`);
    await this.lakehouse.tidy(`ALTER TABLE ${this.table.quoted} EXECUTE optimize`);
    await this.lakehouse.tidy(`ALTER TABLE ${this.table.quoted} EXECUTE expire_snapshots(retention_threshold => '7d')`);
  }

  private async create(): Promise<void> {
    await this.lakehouse.ensureSchema(this.table.catalog, ledgerSchema);
    await again(() => this.lakehouse.run(`CREATE TABLE IF NOT EXISTS ${this.table.quoted} (${columns})`));
  }
}

/** Does what may be done twice again when many do it at once and Iceberg gives up on one. */
async function again<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === tries || !isConflict(error)) throw error;
      await wait(100 * attempt * (0.5 + Math.random()));
    }
  }
}

/** Whether Iceberg refused a commit because of another one. */
export function isConflict(error: unknown): boolean {
  const name = failureName(error) ?? '';
  return /^(ICEBERG_COMMIT_ERROR|TRANSACTION_CONFLICT|ALREADY_EXISTS|TABLE_ALREADY_EXISTS)$/.test(name);
}

/** Nothing, where the error says that there is no such table. */
export function whereMissing(error: unknown): undefined {
  if (error instanceof HeadraceError && error.code === 'unknown_table') return undefined;
  throw error;
}
