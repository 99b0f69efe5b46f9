import { shorten } from '../../sdk/authoring/shorten.js';
import { implement, type StepContext } from '../../sdk/node/index.js';
import { follow } from '../outside/follow.js';
import { patiently } from '../outside/patience.js';
import { AirflowApi } from './airflow-api.js';
import { DagRun } from './dag-run.js';
import { type DagTrigger, triggerAirflowDag } from './steps.js';

/** Airflow takes 1,000 letters, and what stopped the run comes behind. */
const longestNote = 900;

export default implement({ triggerAirflowDag }, { triggerAirflowDag: trigger });

async function trigger(input: DagTrigger, context: StepContext) {
  const connection = context.connection(input.on, 'airflow');
  const { signal } = context;
  const api = await patiently({ limit: 60_000, signal }, () => AirflowApi.open(input.on, connection, signal));
  const note = shorten(`Headrace: ${context.workflowId}, ${context.callId}`, longestNote);
  const { result, engine, cost } = await follow(new DagRun(api, input, note), context);
  return { engine, result, cost };
}
