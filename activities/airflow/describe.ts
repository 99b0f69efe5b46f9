import { withVersion } from '../engines/tried-version.js';
import { AirflowApi, type AirflowConnection } from './airflow-api.js';

interface Health {
  scheduler?: { status?: string };
  /** 3.x, and 2.x where it runs apart. */
  dag_processor?: { status?: string | null };
}

/** What an Airflow is and what we may do there, for headrace doctor. @throws PermissionDeniedError, HeadraceError unreachable or bad_connection */
export async function describeAirflow(name: string, connection: AirflowConnection, signal: AbortSignal): Promise<string> {
  const api = await AirflowApi.open(name, connection, signal);
  const { version } = (await api.ask({ path: 'version', signal })).json as { version?: string };
  const health = (await api.ask({ path: api.version === 'v2' ? 'monitor/health' : 'health', signal })).json as Health;
  // A wrong password is 401 in 3.x and 403 in 2.x: who may read no DAG has no use of it either way.
  const dags = await total(api, 'dags', [], signal);
  const errors = await total(api, 'importErrors', [403], signal);
  const broken = errors === 0 ? '' : `, ${errors} of its files cannot be imported`;
  return `${withVersion('Airflow', version)} (API ${api.version}), ${running(health)}, ${dags} DAGs can be read${broken}, ${await mayTrigger(api, signal)}`;
}

function running({ scheduler, dag_processor: processor }: Health): string {
  if (scheduler?.status !== 'healthy') return 'its scheduler does not run: no DAG will';
  return processor?.status === 'unhealthy' ? 'its DAG processor does not run: new DAGs are not seen' : 'scheduler runs';
}

async function total(api: AirflowApi, path: string, expected: readonly number[], signal: AbortSignal): Promise<number> {
  const { json } = await api.ask({ path, query: { limit: 1 }, expected, signal });
  return (json as { total_entries?: number } | undefined)?.total_entries ?? 0;
}

/** The right is looked at before the DAG: of one that is not there, 404 says that it is had. */
async function mayTrigger(api: AirflowApi, signal: AbortSignal): Promise<string> {
  const body = { dag_run_id: 'headrace-doctor', ...(api.version === 'v2' && { logical_date: null }) };
  const { status } = await api.ask({ method: 'POST', path: 'dags/headrace-doctor-asks/dagRuns', body, expected: [403, 404], signal });
  return status === 404 ? 'DAGs may be triggered' : 'not every DAG may be triggered';
}
