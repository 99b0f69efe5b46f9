import { connect } from 'node:net';
import { createTransport } from 'nodemailer';
import pg from 'pg';
import { describeAirflow } from '../../activities/airflow/describe.js';
import { translatePostgresError } from '../../activities/engines/postgres/errors.js';
import { clientSettings } from '../../activities/engines/postgres/pools.js';
import { withVersion } from '../../activities/engines/tried-version.js';
import { describeFlink } from '../../activities/flink/describe.js';
import { describeKafka } from '../../activities/kafka/describe.js';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import type { Connection } from '../../sdk/node/connections/kinds.js';
import { tryDatabaseFile, tryFiles, tryLake } from './try-folder.js';

const patience = 5_000;

/**
 * Tries a connection without leaving anything behind, and says what it found.
 *
 * @throws HeadraceError unreachable, bad_connection or unreadable_file; PermissionDeniedError where a right is missing
 */
export async function tryConnection(connection: Connection, name: string): Promise<string> {
  try {
    return await tryKind(connection, name);
  } catch (error) {
    throw error instanceof HeadraceError ? error : stranger(connection, name, error as Error);
  }
}

/** What answers as nothing of this kind would, or not in time. */
function stranger({ kind }: Connection, name: string, error: Error): HeadraceError {
  const options = { where: name, cause: error };
  if (error.name === 'TimeoutError') return new HeadraceError(`'${name}' gives no answer in time`, { ...options, code: 'unreachable' });
  return new HeadraceError(`What answers for '${name}' does not speak as ${kind} does: ${error.message}`, {
    ...options,
    code: 'bad_connection',
    fix: 'Correct the address and the port of the connection: something else listens there.',
  });
}

async function tryKind(connection: Connection, name: string): Promise<string> {
  switch (connection.kind) {
    case 'postgres':
      return tryPostgres(connection, name);
    case 'trino':
      return (await import('../../activities/engines/trino/try-trino.js')).tryTrino(name, connection, AbortSignal.timeout(3 * patience));
    case 'duckdb':
      return connection.folder === undefined ? tryDatabaseFile(connection.file ?? '') : tryLake(connection.folder);
    case 'files':
      return tryFiles(connection.folder);
    case 'smtp':
      return tryMail(connection);
    case 'slack':
      return tryAddress(connection.webhook);
    case 'http':
    case 'pagerduty':
    case 'webhook':
      return tryAddress(connection.url);
    case 'airflow':
      return describeAirflow(name, connection, AbortSignal.timeout(patience));
    case 'flink':
      return describeFlink(name, connection, AbortSignal.timeout(patience));
    case 'kafka':
      return describeKafka(name, connection);
    case 'console':
      return 'prints to the log';
    case 'spark':
      return (await import('../../activities/spark/doctor.js')).tryMaster(name, connection, AbortSignal.timeout(patience));
    case 'kubernetes':
      return (await import('../../activities/kubernetes/doctor.js')).tryCluster(name, connection, AbortSignal.timeout(4 * patience));
  }
}

async function tryPostgres(connection: Extract<Connection, { kind: 'postgres' }>, name: string): Promise<string> {
  const client = new pg.Client({ ...clientSettings(connection), connectionTimeoutMillis: patience });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string; closed: string[] }>(
      `SELECT current_setting('server_version') AS version, ARRAY(SELECT wanted FROM unnest('{headrace_ledger,headrace_tmp}'::text[]) AS wanted
         WHERE NOT COALESCE(has_schema_privilege(to_regnamespace(wanted), 'CREATE'), has_database_privilege(current_database(), 'CREATE'))) AS closed`,
    );
    const closed = rows[0]?.closed ?? [];
    const may = closed.length === 0 ? 'may keep rows, load and migrate' : `reads only: CREATE is missing on the schemas ${closed.join(', ')}`;
    return `${withVersion('PostgreSQL', rows[0]?.version)}, ${may}`;
  } catch (error) {
    const told = translatePostgresError(error, name);
    throw told instanceof HeadraceError ? told : unreachable(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function tryMail({ host, port, secure, user, password }: Extract<Connection, { kind: 'smtp' }>): Promise<string> {
  const auth = user === undefined ? undefined : { user, pass: password };
  const transport = createTransport({ host, port, secure, auth, connectionTimeout: patience, greetingTimeout: patience });
  try {
    await transport.verify();
    return `${host}:${port} takes mail`;
  } catch (error) {
    throw unreachable(error);
  } finally {
    transport.close();
  }
}

/** Only whether somebody listens: a message would reach people. */
function tryAddress(url: string): Promise<string> {
  const { hostname, port, protocol } = new URL(url);
  const at = Number(port || (protocol === 'https:' ? 443 : 80));
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: at, timeout: patience });
    socket.once('connect', () => resolve(`${hostname}:${at} answers`));
    socket.once('timeout', () => reject(unreachable(new Error('no answer within 5 s'))));
    socket.once('error', (error) => reject(unreachable(error)));
    socket.once('connect', () => socket.end());
  });
}

function unreachable(error: unknown): HeadraceError {
  const { message, code } = error as Error & { code?: string };
  return new HeadraceError(message || (code ?? 'no answer'), { code: 'unreachable', cause: error });
}
