import { CompiledQuery, type DatabaseConnection, type Dialect, type Driver } from 'kysely';
import pg from 'pg';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { requirePolicies } from './tenant-wall.js';

/** How a database is asked: whether it takes several statements in one message. */
export type Statements = 'together' | 'one by one';

/** When the wall was last seen to stand, by this process. */
export interface Wall {
  /** Milliseconds since the epoch; 0 before the first look. */
  seenAt: number;
}

/** Milliseconds for which a look is relied on: rights may be granted to the role while the process runs. */
const reliedOn = 60_000;

/**
 * A database as one tenant may read it (migration 5). Each query is in a read-only transaction of its own, at whose end role and tenant are gone by
 * themselves: no connection goes back to the others with them, also where a pooler stands between.
 */
export function tenantDialect(dialect: Dialect, tenant: string, statements: Statements, wall: Wall): Dialect {
  const begin = ['begin read only', 'set local role headrace_reader', `set local headrace.tenant = ${pg.escapeLiteral(tenant)}`];
  return {
    createAdapter: () => dialect.createAdapter(),
    createDriver: () => new TenantDriver(dialect.createDriver(), statements === 'together' ? [begin.join('; ')] : begin, wall),
    createIntrospector: (database) => dialect.createIntrospector(database),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  };
}

class TenantDriver implements Driver {
  constructor(
    private readonly driver: Driver,
    private readonly begin: readonly string[],
    private readonly wall: Wall,
  ) {}

  init(): Promise<void> {
    return this.driver.init();
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await this.driver.acquireConnection();
    try {
      for (const statement of this.begin) await ask(connection, statement);
      if (Date.now() - this.wall.seenAt >= reliedOn) await this.look(connection);
      return connection;
    } catch (error) {
      // Where even that fails, the connection must go back all the same.
      const explained = await explain(connection, error).catch(() => error);
      await this.driver.releaseConnection(connection);
      throw explained;
    }
  }

  /** Whoever asked has the answer already, and does not wait for the end of the transaction. */
  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    void this.end(connection);
  }

  beginTransaction(): Promise<void> {
    return Promise.reject(new Error('A tenant reads the registry, and does not write to it.'));
  }

  async commitTransaction(): Promise<void> {}

  async rollbackTransaction(): Promise<void> {}

  /** The connections belong to the registry. */
  async destroy(): Promise<void> {}

  private async look(connection: DatabaseConnection): Promise<void> {
    await requirePolicies(connection);
    this.wall.seenAt = Date.now();
  }

  private async end(connection: DatabaseConnection): Promise<void> {
    // It fails on a connection that is broken, which nobody gets again.
    await ask(connection, 'rollback').catch(() => undefined);
    await this.driver.releaseConnection(connection);
  }
}

function ask<Row>(connection: DatabaseConnection, statement: string) {
  return connection.executeQuery<Row>(CompiledQuery.raw(statement));
}

/** Whose schema it is, and on which PostgreSQL: 160004 is 16.4. */
interface Place {
  me: string;
  here: string;
  version: number;
}

const whereAndWho = `select quote_ident(current_user) as me, quote_ident(current_schema()) as here, current_setting('server_version_num')::int as version`;

const noSuchRole = '22023';
const notAllowed = '42501';

async function explain(connection: DatabaseConnection, error: unknown): Promise<unknown> {
  const { code, message } = error as Error & { code?: string };
  await ask(connection, 'rollback').catch(() => undefined);
  if (code !== noSuchRole && code !== notAllowed) return error;
  const { rows } = await ask<Place>(connection, whereAndWho);
  const place = rows[0] ?? { me: 'the user of DATABASE_URL', here: 'public', version: 0 };
  return new HeadraceError(`The registry keeps tenants apart by the role headrace_reader, which ${place.me} cannot take: ${message}.`, {
    code: 'no_tenant_wall',
    fix: `As an administrator of the database, run: ${wallStatements(place, code).join(' ')}`,
    cause: error,
  });
}

/** What an administrator runs where the registry's own user may not make roles: the same as migrations 5 and 11 do. */
function wallStatements({ me: user, here: schema, version }: Place, code: string): string[] {
  const whole = ['pipeline', 'pipeline_execution', 'pipeline_execution_closure', 'step_call', 'approval', 'run_log', 'outbox', 'audit_log'];
  const tables = [...whole, 'projection', 'projection_execution', 'metric_total'].map((table) => `${schema}.${table}`).join(', ');
  const ofKeys = 'id, name, tenant, grants, created_by, created_at, expires_at, revoked_at, last_used_at, previous_until';
  // From 16 on, who has made a role is a member that may not take it, and a grant changes no option of a membership that it does not name.
  const toTakeIt = version >= 160_000 ? ' with set true' : '';
  return [
    ...(code === noSuchRole ? ['create role headrace_reader nologin;'] : []),
    `grant headrace_reader to ${user}${toTakeIt};`,
    `grant usage on schema ${schema} to headrace_reader;`,
    `grant select on ${tables} to headrace_reader;`,
    `grant select (${ofKeys}) on ${schema}.api_key to headrace_reader;`,
  ];
}
