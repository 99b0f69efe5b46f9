import type { Kysely } from 'kysely';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import type { Client, RunOwner } from '../../sdk/node/client.js';
import type { RunRecord } from '../events/index.js';
import type { Database } from '../registry/database.js';
import { inTime } from '../registry/in-time.js';

/** Whose the run of a workflow id is. A later run may have the id of an ended one and be another's, so nothing is remembered. */
export class RunOwners {
  constructor(
    private readonly client: Client,
    private readonly record: RunRecord,
  ) {}

  /**
   * The owner of the latest run that a tenant's record has, of Temporal's where it has none; undefined where there is no such run.
   *
   * @param tenant of whom the registry is asked: another's runs are in Temporal alone
   * @throws HeadraceError no_temporal
   */
  async recorded(workflowId: string, tenant: string): Promise<RunOwner | undefined> {
    return (await this.inRegistry(workflowId, tenant)) ?? (await this.latest(workflowId));
  }

  /** The owner of the run that Temporal has under the id now: the one that is read, decided and cancelled. @throws HeadraceError no_temporal */
  async latest(workflowId: string): Promise<RunOwner | undefined> {
    try {
      return await this.client.run(workflowId).owner();
    } catch (error) {
      if (error instanceof HeadraceError && error.code === 'unknown_run') return undefined;
      throw error;
    }
  }

  /** Whoever is away, the registry or Temporal, is asked in vain while the other one answers. */
  private async inRegistry(workflowId: string, tenant: string): Promise<RunOwner | undefined> {
    const database = this.record.current?.readAs(tenant);
    return database && inTime(findRecorded(database, workflowId)).catch(() => undefined);
  }
}

function findRecorded(database: Kysely<Database>, workflowId: string): Promise<RunOwner | undefined> {
  return database
    .selectFrom('pipeline_execution as run')
    .innerJoin('pipeline', 'pipeline.id', 'run.pipeline_id')
    .select(['run.tenant', 'pipeline.name as pipeline'])
    .where('run.workflow_id', '=', workflowId)
    .orderBy('run.start_date', 'desc')
    .limit(1)
    .executeTakeFirst();
}
