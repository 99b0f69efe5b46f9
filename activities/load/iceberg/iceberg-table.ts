import { quoteLiteral } from '../../engines/dialect.js';
import type { Lakehouse } from './lakehouse.js';

/** A snapshot that a query has committed. */
export interface Commit {
  readonly query: string;
  /** Text, since a number would lose its last digits. */
  readonly snapshot: string;
  readonly committedAt: string;
}

/** An Iceberg table and what Iceberg says about it. */
export class IcebergTable {
  /** In SQL. */
  readonly quoted: string;
  readonly catalog: string;
  readonly schema: string;
  private readonly name: string;

  constructor(
    private readonly lakehouse: Lakehouse,
    readonly text: string,
  ) {
    const { catalog, schema, name } = lakehouse.locate(text);
    this.catalog = catalog;
    this.schema = schema;
    this.name = name;
    this.quoted = lakehouse.name(catalog, schema, name);
  }

  /** Whether a name in a statement is this table's. */
  isCalled(text: string): boolean {
    const { catalog, schema, name } = this.lakehouse.locate(text);
    return this.lakehouse.name(catalog, schema, name).toLowerCase() === this.quoted.toLowerCase();
  }

  /** One of Iceberg's own tables about this one. */
  about(what: 'snapshots' | 'refs' | 'files' | 'properties' | 'metadata_log_entries'): string {
    return this.lakehouse.name(this.catalog, this.schema, `${this.name}$${what}`);
  }

  /** The table as a snapshot has it. */
  at(snapshot: string): string {
    return `${this.quoted} FOR VERSION AS OF ${BigInt(snapshot)}`;
  }

  /** The snapshot that readers see; empty where the table has none yet. */
  async current(): Promise<string> {
    const [found] = await this.lakehouse.rows<{ snapshot: string }>(`SELECT ${this.currentInSql()} AS snapshot`);
    return found?.snapshot ?? '';
  }

  /**
   * Whether a snapshot is still the current one, as a condition. Trino reads a table's metadata once per query, so that it is said of the very
   * snapshot from which the query reads and writes.
   */
  isCurrent(snapshot: string): string {
    return `${this.currentInSql()} = ${quoteLiteral(snapshot)}`;
  }

  /** What these queries have committed, in the order of time. Iceberg's snapshots carry the id of the query that made them. */
  async commitsOf(queries: readonly string[]): Promise<Commit[]> {
    if (queries.length === 0) return [];
    return this.lakehouse.rows<Commit>(
      `SELECT element_at(summary, 'trino_query_id') AS query, CAST(snapshot_id AS varchar) AS snapshot, CAST(committed_at AS varchar) AS "committedAt"
       FROM ${this.about('snapshots')} WHERE element_at(summary, 'trino_query_id') IN (${queries.map(quoteLiteral).join(', ')}) ORDER BY committed_at`,
    );
  }

  /** The statement that would make it. @throws ValidationError unknown_table */
  async definition(): Promise<string> {
    const [found] = await this.lakehouse.rows<Record<string, string>>(`SHOW CREATE TABLE ${this.quoted}`);
    return Object.values(found ?? {})[0] ?? '';
  }

  async has(snapshot: string): Promise<boolean> {
    const found = await this.lakehouse.rows(`SELECT 1 AS present FROM ${this.about('snapshots')} WHERE snapshot_id = ${BigInt(snapshot)}`);
    return found.length > 0;
  }

  private currentInSql(): string {
    return `COALESCE((SELECT CAST(snapshot_id AS varchar) FROM ${this.about('refs')} WHERE name = 'main'), '')`;
  }
}

/** Of a table's rows, those that lie in files that a query has written: their names begin with its id. */
export function writtenBy(query: string, of: string): string {
  return `strpos(${of}."$path", ${quoteLiteral(`/${query}-`)}) > 0`;
}
