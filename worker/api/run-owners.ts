import type { Kysely } from 'kysely';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import type { Client, RunOwner } from '../../sdk/node/client.js';
import type { RunRecord } from '../events/index.js';
import type { Database } from '../registry/database.js';
import { inTime } from '../registry/in-time.js';

const kept = 10_000;

/** Whose a run is. That never changes, so it is asked once; the registry knows it also when Temporal no longer keeps the run. */
export class RunOwners {
  private readonly known = new Map<string, RunOwner>();

  constructor(
    private readonly client: Client,
    private readonly record: RunRecord,
  ) {}

  /**
   * The owner of a run, or undefined where there is no such run.
   *
   * @param tenant of whom the registry is asked: another's runs are in Temporal alone
   * @throws HeadraceError no_temporal
   */
  async find(workflowId: string, tenant: string): Promise<RunOwner | undefined> {
    const known = this.known.get(workflowId);
    if (known !== undefined) return known;
    const owner = (await this.inRegistry(workflowId, tenant)) ?? (await this.inTemporal(workflowId));
    if (owner !== undefined) this.keep(workflowId, owner);
    return owner;
  }

  /** Whoever is away, the registry or Temporal, is asked in vain while the other one answers. */
  private async inRegistry(workflowId: string, tenant: string): Promise<RunOwner | undefined> {
    const database = this.record.current?.readAs(tenant);
    return database && inTime(findRecorded(database, workflowId)).catch(() => undefined);
  }

  private async inTemporal(workflowId: string): Promise<RunOwner | undefined> {
    try {
      return await this.client.run(workflowId).owner();
    } catch (error) {
      if (error instanceof HeadraceError && error.code === 'unknown_run') return undefined;
      throw error;
    }
  }

  private keep(workflowId: string, owner: RunOwner): void {
    const [oldest] = this.known.size >= kept ? this.known.keys() : [];
    if (oldest !== undefined) this.known.delete(oldest);
    this.known.set(workflowId, owner);
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
