import { badArgument as bad } from '../../authoring/bad-argument.js';
import { isPipeline } from '../../authoring/pipeline.js';
import { knownStates } from './run-query.js';

/** What TypeScript refuses at its author's desk, for those who write JavaScript. */

const example = "Import the pipeline and pass it: client.start(dailySales, { day: '2026-02-12' }). By its id alone, the API and headrace run start it.";
const connectOptions = ['address', 'namespace', 'taskQueue', 'tls', 'apiKey', 'encryption', 'within'];
const startOptions = ['workflowId', 'idempotencyKey', 'tenant', 'startedBy'];
const filterOptions = ['pipeline', 'status', 'tenant', 'pipelines', 'limit', 'cursor'];

/** @throws HeadraceError bad_argument */
export function checkPipeline(value: unknown): void {
  if (!isPipeline(value)) throw bad('The client takes a pipeline, as pipeline(…) gave it', value, example);
}

/** @throws HeadraceError bad_argument */
export function checkStart(options: unknown): void {
  checkOptions('client.start', options, startOptions);
  const { workflowId, idempotencyKey, tenant } = options as Record<string, unknown>;
  for (const [name, value] of Object.entries({ workflowId, idempotencyKey, tenant })) if (value !== undefined) checkText(`client.start: ${name}`, value);
}

/** @throws HeadraceError bad_argument */
export function checkConnect(options: unknown): void {
  checkOptions('connect', options, connectOptions);
}

/** @throws HeadraceError bad_argument */
export function checkFilter(filter: unknown): void {
  checkOptions('client.runs', filter, filterOptions);
  const { status, pipeline, tenant } = filter as { status?: unknown; pipeline?: unknown; tenant?: unknown };
  for (const [name, value] of Object.entries({ pipeline, tenant })) if (value !== undefined) checkText(`client.runs: ${name}`, value);
  if (status !== undefined && !knownStates.includes(status as string)) throw bad(`client.runs: status is one of ${knownStates.join(', ')}`, status);
}

/** @throws HeadraceError bad_argument */
export function checkWorkflowId(value: unknown): void {
  checkText('client.run: a workflow id', value);
}

/** @throws HeadraceError bad_argument */
export function checkApproval(value: unknown): void {
  const id = typeof value === 'object' && value !== null ? (value as { id?: unknown }).id : value;
  if (typeof id !== 'string' || id === '') throw bad('An approval is named by its id, or given as approval(…) gave it', value);
}

function checkText(what: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw bad(`${what} is a text`, value);
}

function checkOptions(what: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) throw bad(`${what} takes an object of options: ${known.join(', ')}`, options);
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) throw bad(`${what} takes the options ${known.join(', ')}`, unknown);
}
