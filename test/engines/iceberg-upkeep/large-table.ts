import { onTestFinished } from 'vitest';
import { until } from '../../faults/until.js';
import { askTrino } from '../ask-trino.js';
import { AttemptProcess, type Told } from '../iceberg/attempts.js';
import type { IceHouse } from '../iceberg/ice-house.js';

/** A table that is large enough that a statement on all of it is met while it runs. */
export class LargeTable {
  private constructor(
    readonly house: IceHouse,
    readonly table: string,
  ) {}

  static async make(house: IceHouse): Promise<LargeTable> {
    const { table } = house.fresh();
    await house.ask('CREATE SCHEMA IF NOT EXISTS iceberg.lake');
    const make = (statement: string) => askTrino(house.trino.url, statement, 'headrace', 300_000);
    await make(`CREATE TABLE iceberg.${table} AS SELECT * FROM tpch.sf1.lineitem WHERE orderkey <= 1000000`);
    await make(`INSERT INTO iceberg.${table} SELECT * FROM tpch.sf1.lineitem WHERE orderkey BETWEEN 1000001 AND 1100000`);
    return new LargeTable(house, table);
  }

  /** What it has: rows, and a sum that any other row would change. */
  async content(): Promise<unknown[] | undefined> {
    const select = `SELECT count(*), to_hex(checksum(ROW(orderkey, linenumber, comment))) FROM iceberg.${this.table}`;
    return (await askTrino(this.house.trino.url, select, 'headrace', 300_000)).rows[0];
  }

  async snapshots(): Promise<number> {
    return Number((await this.house.ask(`SELECT count(*) FROM ${this.about('snapshots')}`))[0]?.[0]);
  }

  about(what: string): string {
    return `${this.table.replace('.', '."')}$${what}"`;
  }

  /** The states of the statements on it that have these words in them, in the order of time, as Trino lists them. */
  async listed(words: string): Promise<string[]> {
    const name = this.table.split('.')[1];
    const found = await this.house.ask<[string]>(
      `SELECT state FROM system.runtime.queries WHERE source <> 'witness' AND strpos(query, '${words}') > 0 AND strpos(query, '${name}') > 0 ORDER BY created`,
    );
    return found.map(([state]) => state);
  }

  /** Waits until such a statement runs. */
  async runs(words: string): Promise<void> {
    await until(
      () => this.listed(words),
      (states) => states.includes('RUNNING'),
      { limit: 120_000 },
    );
  }

  /** Begins a step in a process that is killed while such a statement runs. */
  async killed(told: Told, words: string): Promise<void> {
    const attempt = new AttemptProcess(this.house.connections);
    onTestFinished(() => attempt.signal('SIGKILL'));
    await attempt.begin(told);
    await this.runs(words);
    attempt.signal('SIGKILL');
    await attempt.ended();
  }
}
