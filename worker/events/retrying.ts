import type { Kysely } from 'kysely';
import type { StatusError } from '../../sdk/node/status/run-status.js';
import { advisory, takeAdvisory } from '../registry/advisory.js';
import type { Database } from '../registry/database.js';
import { requiredJson } from '../registry/safe-json.js';
import { envelop } from './envelope.js';
import { errorOf } from './happening.js';

/** An attempt that failed and is to be repeated: what a worker knows and the history does not keep. */
export interface FailedAttempt {
  namespace: string;
  workflowId: string;
  executionId: string;
  /** Asked where the run is not recorded yet: whose it is, and its first execution. */
  ask: () => Promise<Run>;
  pipeline: string;
  step: string;
  callId: string;
  attempt: number;
  error?: StatusError;
  /** ISO 8601, UTC. */
  nextAttemptAt?: string;
}

interface Run {
  runId: string;
  tenant: string;
}

/** Publishes PIPELINE_RETRYING: live, marked so, outside the sequence, and not projected again (DESIGN §3.3). Repeating it is harmless. */
export async function publishRetrying(database: Kysely<Database>, failed: FailedAttempt): Promise<void> {
  const { namespace, workflowId, executionId, pipeline, step, callId, attempt, error, nextAttemptAt } = failed;
  const { runId, tenant } = await findRun(database, failed);
  const id = `${workflowId}/${executionId}/${callId}/${attempt}/PIPELINE_RETRYING`;
  const data = { live: true, step, callId, attempt, error: errorOf(error), nextAttemptAt };
  const payload = envelop(
    { namespace, workflowId, runId, executionId },
    { tenant, pipeline, version: undefined },
    { kind: 'PIPELINE_RETRYING', event: 0, at: Date.now(), data },
    id,
  );
  const row = { id: payload.id, workflow_id: workflowId, run_id: runId, tenant, sequence: null, kind: payload.type, payload: requiredJson(payload) };
  await database.transaction().execute(async (transaction) => {
    await takeAdvisory(transaction, advisory.outbox);
    await transaction
      .insertInto('outbox')
      .values(row)
      .onConflict((it) => it.column('id').doNothing())
      .execute();
  });
}

async function findRun(database: Kysely<Database>, { executionId, ask }: FailedAttempt): Promise<Run> {
  const run = await database
    .selectFrom('projection_execution as execution')
    .innerJoin('pipeline_execution as run', (join) => join.onRef('run.workflow_id', '=', 'execution.workflow_id').onRef('run.run_id', '=', 'execution.run_id'))
    .select(['execution.run_id as runId', 'run.tenant'])
    .where('execution.execution_id', '=', executionId)
    .executeTakeFirst();
  return run ?? ask();
}
