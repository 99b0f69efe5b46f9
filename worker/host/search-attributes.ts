import type { NativeConnection } from '@temporalio/worker';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { searchAttributes } from '../../sdk/authoring/run-memo.js';

const keyword = 2;

/**
 * Registers the search attributes that runs write, where they are missing: without them a run could not say that it waits.
 *
 * @throws HeadraceError search_attributes_missing with the command, where this worker may not register them
 */
export async function requireSearchAttributes(connection: NativeConnection, namespace: string): Promise<void> {
  const { customAttributes = {} } = await list(connection, namespace);
  const missing = searchAttributes.map(({ name }) => name).filter((name) => customAttributes?.[name] === undefined);
  if (missing.length === 0) return;
  try {
    const types = Object.fromEntries(missing.map((name) => [name, keyword]));
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: types });
  } catch (error) {
    const command = `temporal operator search-attribute create --namespace ${namespace} ${missing.map((name) => `--name ${name} --type Keyword`).join(' ')}`;
    throw new HeadraceError(`The namespace ${namespace} lacks the search attributes ${missing.join(', ')}: ${(error as Error).message}`, {
      code: 'search_attributes_missing',
      fix: `Run: ${command}`,
      cause: error,
    });
  }
}

async function list(connection: NativeConnection, namespace: string) {
  try {
    return await connection.operatorService.listSearchAttributes({ namespace });
  } catch (error) {
    throw new HeadraceError(`The namespace ${namespace} cannot be read: ${(error as Error).message}`, {
      code: 'no_temporal',
      fix: `Create it: temporal operator namespace create ${namespace}; or name another: TEMPORAL_NAMESPACE.`,
      cause: error,
    });
  }
}
