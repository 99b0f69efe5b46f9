import type { PGlite } from '@electric-sql/pglite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import { explainDamage } from './damage.js';

/**
 * kysely on PGlite: PostgreSQL's dialect over the one connection that there is.
 *
 * @param folder that it is in, for who has to mend it
 */
export function pgliteDialect(pglite: PGlite, folder: string): Dialect {
  // One queue for the one connection, whoever asks.
  const driver = new PgliteDriver(pglite, folder);
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driver,
    createIntrospector: (database) => new PostgresIntrospector(database),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

class PgliteConnection implements DatabaseConnection {
  constructor(
    private readonly pglite: PGlite,
    private readonly folder: string,
  ) {}

  /** @throws HeadraceError registry_unreadable where files are damaged, or what PGlite fails with */
  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      const { rows, affectedRows } = await this.pglite.query<Row>(sql, [...parameters]);
      return { rows, numAffectedRows: BigInt(affectedRows ?? 0) };
    } catch (error) {
      throw explainDamage(error, this.folder) ?? error;
    }
  }

  // biome-ignore lint/correctness/useYield: the interface wants a generator, and there is nothing to give
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('PGlite gives whole results only.');
  }
}

/** Hands the connection to one user at a time: a transaction holds it until its end. */
class PgliteDriver implements Driver {
  private readonly connection: PgliteConnection;
  private last: Promise<void> = Promise.resolve();
  private release = new Map<DatabaseConnection, () => void>();

  constructor(
    private readonly pglite: PGlite,
    folder: string,
  ) {
    this.connection = new PgliteConnection(pglite, folder);
  }

  async init(): Promise<void> {
    await this.pglite.waitReady;
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.last;
    let free = () => {};
    this.last = new Promise((resolve) => {
      free = resolve;
    });
    await before;
    this.release.set(this.connection, free);
    return this.connection;
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    this.release.get(connection)?.();
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  async destroy(): Promise<void> {
    await this.last;
    await this.pglite.close();
  }
}
