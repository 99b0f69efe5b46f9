import { HeadraceError } from '../../sdk/index.js';
import { withVersion } from '../engines/tried-version.js';
import { Master, type SparkConnection } from './master.js';

/** Asks a standalone cluster for its version and its workers. Nothing is made. @throws HeadraceError unreachable or bad_connection, PermissionDeniedError */
export async function tryMaster(name: string, connection: SparkConnection, signal: AbortSignal): Promise<string> {
  const master = new Master(name, connection);
  const version = await master.version(signal);
  const { status, workers } = await master.state(signal);
  const alive = workers.filter(({ state }) => state === 'ALIVE');
  if (status !== 'ALIVE') throw master.unreachable(`its master is ${status}`);
  if (alive.length === 0) throw new HeadraceError('The cluster has no worker.', { code: 'unreachable', where: name, fix: 'Start a worker of the cluster.' });
  // A worker's page is where it is told why a driver failed.
  for (const { webuiaddress } of alive) await master.reach(webuiaddress, signal);
  return `${withVersion('Spark', version)}, ${alive.length} ${alive.length === 1 ? 'worker' : 'workers'}`;
}
