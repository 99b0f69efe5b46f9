import { HeadraceError } from '../../sdk/index.js';
import { withVersion } from '../engines/tried-version.js';
import { FlinkApi, type FlinkConnection } from './flink-api.js';

interface Overview {
  'flink-version': string;
  taskmanagers: number;
  'slots-total': number;
  'slots-available': number;
}

/** What a session cluster is and has, for headrace doctor. @throws PermissionDeniedError, HeadraceError unreachable or bad_connection */
export async function describeFlink(name: string, connection: FlinkConnection, signal: AbortSignal): Promise<string> {
  const api = new FlinkApi(name, connection);
  const overview = (await api.ask({ path: 'overview', expected: [404], anyForm: true, signal })).json as Partial<Overview> | undefined;
  if (overview?.['flink-version'] === undefined) throw noFlink(name, `JobManager answers at ${api.url}`, 'rest is the address of its REST API (port 8081).');
  const { features = {} } = (await api.ask({ path: 'config', signal })).json as { features?: Record<string, boolean> };
  const free = `${overview['slots-available']} of ${overview['slots-total']} slots are free on ${overview.taskmanagers} task managers`;
  const jars = features['web-submit'] === false ? ', takes no jars (web.submit.enable)' : ', takes jars';
  const cancels = features['web-cancel'] === false ? ', cancels no jobs (web.cancel.enable)' : '';
  return `${withVersion('Flink', overview['flink-version'])}, ${free}${jars}${cancels}, ${await gateway(api, connection, signal)}`;
}

async function gateway(api: FlinkApi, { sqlGateway }: FlinkConnection, signal: AbortSignal): Promise<string> {
  if (sqlGateway === undefined) return 'no SQL gateway is declared';
  const { version } = ((await api.askGateway({ path: 'info', expected: [404], anyForm: true, signal })).json ?? {}) as { version?: string };
  if (version === undefined)
    throw noFlink(api.connection, `SQL gateway answers at ${sqlGateway}`, 'sqlGateway is the address of its REST endpoint (port 8083).');
  return `SQL gateway ${version}`;
}

function noFlink(where: string, what: string, fix: string): HeadraceError {
  return new HeadraceError(`No ${what}.`, { code: 'bad_connection', where, fix });
}
