import { HeadraceError, PermissionDeniedError } from '../../../sdk/index.js';
import { quoteIdentifier } from '../dialect.js';
import { temporarySchema } from '../table-name.js';
import { withVersion } from '../tried-version.js';
import { connectorOf, describe } from './catalogs.js';
import type { TrinoSettings } from './client-options.js';
import { TrinoSession } from './session.js';

/**
 * What a connection to Trino can do, without leaving anything behind.
 *
 * @throws HeadraceError unreachable, PermissionDeniedError, ValidationError bad_connection: what is wrong
 */
export async function tryTrino(name: string, settings: TrinoSettings, signal: AbortSignal): Promise<string> {
  const caller = { tenant: 'none', pipeline: 'doctor', workflowId: 'doctor', callId: 'doctor', timeLimit: 30_000 };
  const session = new TrinoSession(name, settings, { ...caller, signal, heartbeat: () => undefined }, 0);
  const { catalog } = settings;
  try {
    const [found] = await session.rows<{ version: string; name: string }>('SELECT version() AS version, current_user AS name');
    const connector = await connectorOf(session, catalog);
    const made = await session.rows(`SELECT 1 AS found FROM ${quoteIdentifier(catalog)}.information_schema.schemata WHERE schema_name = $1`, [temporarySchema]);
    const place =
      made.length > 0
        ? `the schema ${temporarySchema} is there`
        : `the schema ${temporarySchema} is made with the first table of a run, which asks for the right to make it`;
    return `${withVersion('Trino', found?.version)} as ${found?.name}, catalog ${catalog} (${connector}), ${place}, ${await list(session)}`;
  } catch (error) {
    if (signal.aborted) throw new HeadraceError(`Trino at ${settings.url} does not answer a query`, { code: 'unreachable', cause: error });
    if (error instanceof HeadraceError && error.code === 'work_lost') throw noTrino(name, settings, error);
    throw error;
  }
}

/** A 404 says of a statement that it is forgotten, and of the address that no Trino is there. */
function noTrino(where: string, { url }: TrinoSettings, cause: HeadraceError): HeadraceError {
  const fix = 'url is the address of the coordinator, without a path.';
  return new HeadraceError(`No Trino answers at ${url}: ${cause.message}`, { code: 'bad_connection', where, fix, cause });
}

/** Without the list of queries, a statement that a dead worker left behind is not found, but begun again. */
async function list(session: TrinoSession): Promise<string> {
  try {
    await describe(session, 'system.runtime.queries');
    return 'its list of queries may be read';
  } catch (error) {
    if (error instanceof PermissionDeniedError) return 'its list of queries may not be read: grant SELECT on system.runtime.queries';
    throw error;
  }
}
