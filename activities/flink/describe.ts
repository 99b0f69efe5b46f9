import { FlinkApi, type FlinkConnection } from './flink-api.js';

interface Overview {
  'flink-version': string;
  taskmanagers: number;
  'slots-total': number;
  'slots-available': number;
}

/** What a session cluster is and has, for headrace doctor. @throws PermissionDeniedError, HeadraceError unreachable */
export async function describeFlink(name: string, connection: FlinkConnection, signal: AbortSignal): Promise<string> {
  const api = new FlinkApi(name, connection);
  const overview = (await api.ask({ path: 'overview', signal })).json as Overview;
  const { features = {} } = (await api.ask({ path: 'config', signal })).json as { features?: Record<string, boolean> };
  const free = `${overview['slots-available']} of ${overview['slots-total']} slots are free on ${overview.taskmanagers} task managers`;
  const jars = features['web-submit'] === false ? ', takes no jars (web.submit.enable)' : ', takes jars';
  const cancels = features['web-cancel'] === false ? ', cancels no jobs (web.cancel.enable)' : '';
  return `Flink ${overview['flink-version']}, ${free}${jars}${cancels}, ${await gateway(api, connection, signal)}`;
}

async function gateway(api: FlinkApi, { sqlGateway }: FlinkConnection, signal: AbortSignal): Promise<string> {
  if (sqlGateway === undefined) return 'no SQL gateway is declared';
  const { version } = (await api.askGateway({ path: 'info', signal })).json as { version?: string };
  return `SQL gateway ${version}`;
}
