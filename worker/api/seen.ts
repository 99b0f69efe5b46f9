import type { Kysely } from 'kysely';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { may, mayEverywhere, type Principal } from '../auth/principal.js';
import type { Catalogue, FoundPipeline } from '../host/catalogue.js';
import type { Database } from '../registry/database.js';
import type { ApiContext } from './api-context.js';

/** The pipelines that there are for a principal. */
export function seenPipelines(catalogue: Catalogue, principal: Principal): FoundPipeline[] {
  return [...catalogue.pipelines.values()].filter(({ pipeline }) => may(principal, 'viewer', pipeline.id));
}

/** A pipeline by its id. @throws HeadraceError unknown_pipeline, with the ids that there are for this principal */
export function findPipeline(catalogue: Catalogue, principal: Principal, id: string): FoundPipeline {
  const seen = seenPipelines(catalogue, principal);
  const found = seen.find(({ pipeline }) => pipeline.id === id);
  if (found !== undefined) return found;
  const known = seen.map(({ pipeline }) => pipeline.id).join(', ') || 'none';
  throw new HeadraceError(`There is no pipeline '${id}'. There are: ${known}.`, { code: 'unknown_pipeline', where: id });
}

/** The registry as a principal may read it: with authentication on, a query that forgets the tenant finds nothing of the others. */
export async function seenRegistry(
  { record, authenticator }: Pick<ApiContext, 'record' | 'authenticator'>,
  { tenant }: Pick<Principal, 'tenant'>,
): Promise<Kysely<Database>> {
  const registry = await record.registry();
  return authenticator === undefined ? registry.database : registry.readAs(tenant);
}

/** Which runs there are for a principal, as a filter of lists: those of the tenant, of the pipelines that are granted, hosted or no longer. */
export async function seenRuns(catalogue: Catalogue, database: Kysely<Database>, principal: Principal): Promise<{ tenant: string; pipelines?: string[] }> {
  const { tenant } = principal;
  if (mayEverywhere(principal, 'viewer')) return { tenant };
  const recorded = await database.selectFrom('pipeline').select('name').execute();
  const pipelines = new Set([...catalogue.pipelines.keys(), ...recorded.map(({ name }) => name)]);
  return { tenant, pipelines: [...pipelines].filter((it) => may(principal, 'viewer', it)) };
}
