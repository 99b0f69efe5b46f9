import { setTimeout as wait } from 'node:timers/promises';
import { shorten } from '../../sdk/authoring/shorten.js';
import { type HeadraceError, ValidationError } from '../../sdk/index.js';
import { workFailed } from '../outside/work-failed.js';
import type { FlinkApi } from './flink-api.js';
import { errorsOf, flinkError } from './flink-error.js';
import type { SqlJob } from './steps.js';

/** What Flink reads the id of the next job from. */
const ownJobId = '$internal.pipeline.job-id';
const pause = 100;

/** Runs statements in a session of their own; the last one begins one job under this id, which outlives the session. */
export async function beginSql(api: FlinkApi, { prepare, statement, settings }: SqlJob, id: string, signal: AbortSignal): Promise<void> {
  const session = await open(api, settings, signal);
  try {
    for (const text of prepare) await execute(api, session, text, {}, signal);
    const operation = await execute(api, session, statement, { [ownJobId]: id, 'table.dml-sync': 'false' }, signal);
    if (operation !== undefined) await requireJob(api, operation, statement, signal);
  } finally {
    await close(api, session);
  }
}

async function open(api: FlinkApi, settings: Readonly<Record<string, string>>, signal: AbortSignal): Promise<string> {
  const properties = { 'execution.target': 'remote', 'execution.runtime-mode': 'batch', ...settings };
  const { json } = await api.askGateway({ method: 'POST', path: 'v1/sessions', body: { properties }, has: 'sessionHandle', signal });
  return `v1/sessions/${(json as { sessionHandle: string }).sessionHandle}`;
}

/** A session that is left behind is closed by the gateway in time. */
async function close(api: FlinkApi, session: string): Promise<void> {
  await api.askGateway({ method: 'DELETE', path: session, signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
}

/** @returns the operation that came to its end; undefined where another one has begun the same job */
async function execute(
  api: FlinkApi,
  session: string,
  statement: string,
  executionConfig: Record<string, string>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { json } = await api.askGateway({
    method: 'POST',
    path: `${session}/statements`,
    body: { statement, executionConfig },
    has: 'operationHandle',
    signal,
  });
  const operation = `${session}/operations/${(json as { operationHandle: string }).operationHandle}`;
  for (;;) {
    const { status } = (await api.askGateway({ path: `${operation}/status`, has: 'status', signal })).json as { status: string };
    if (status === 'FINISHED') return operation;
    if (status === 'ERROR') return await refuse(api, operation, statement, signal);
    if (status !== 'RUNNING' && status !== 'PENDING' && status !== 'INITIALIZED')
      throw workFailed('Flink', api.connection, `the SQL gateway ended the statement: ${status}`);
    await wait(pause, undefined, { signal });
  }
}

async function refuse(api: FlinkApi, operation: string, statement: string, signal: AbortSignal): Promise<undefined> {
  const { json } = await api.askGateway({ path: `${operation}/result/0`, expected: [400, 404, 500], signal });
  const errors = errorsOf(json);
  if (errors.includes('DuplicateJobSubmissionException')) return undefined;
  throw inStatement(flinkError(api.connection, errors), statement);
}

/** What is no job would be followed in vain. */
async function requireJob(api: FlinkApi, operation: string, statement: string, signal: AbortSignal): Promise<void> {
  const { json } = await api.askGateway({ path: `${operation}/result/0`, signal });
  if ((json as { jobID?: string } | undefined)?.jobID !== undefined) return;
  throw new ValidationError(`The statement begins no job: ${shorten(statement, 500)}`, {
    code: 'bad_sql',
    where: api.connection,
    fix: 'End with INSERT INTO … or EXECUTE STATEMENT SET; what goes before stands in prepare.',
  });
}

function inStatement(error: HeadraceError, statement: string): HeadraceError {
  if (!(error instanceof ValidationError)) return error;
  return new ValidationError(`${error.message}\nIn: ${shorten(statement, 500)}`, { code: 'bad_sql', where: error.where });
}
