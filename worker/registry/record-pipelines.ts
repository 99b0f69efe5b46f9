import type { Kysely, Transaction } from 'kysely';
import type { AnyPipeline } from '../../sdk/authoring/pipeline.js';
import { contentOf } from '../../sdk/node/pipeline-content.js';
import type { Database } from './database.js';
import { requiredJson } from './safe-json.js';

const usualType = 'pipeline';

/** The id of a pipeline, which is entered when it is new. */
export async function pipelineId(database: Kysely<Database>, name: string, type = usualType): Promise<number> {
  const known = await database.selectFrom('pipeline').select('id').where('name', '=', name).executeTakeFirst();
  if (known !== undefined) return known.id;
  const pipeline_type_id = await pipelineTypeId(database, type);
  await database
    .insertInto('pipeline')
    .values({ name, pipeline_type_id })
    .onConflict((it) => it.column('name').doNothing())
    .execute();
  return (await database.selectFrom('pipeline').select('id').where('name', '=', name).executeTakeFirstOrThrow()).id;
}

async function pipelineTypeId(database: Kysely<Database>, name: string): Promise<number> {
  await database
    .insertInto('pipeline_type')
    .values({ name })
    .onConflict((it) => it.column('name').doNothing())
    .execute();
  return (await database.selectFrom('pipeline_type').select('id').where('name', '=', name).executeTakeFirstOrThrow()).id;
}

/**
 * Records the pipelines that a worker hosts: code is the source, and a changed content hash makes a new version (SPEC §8).
 *
 * @returns the names of those that are new or changed
 */
export async function recordPipelines(database: Kysely<Database>, pipelines: Iterable<AnyPipeline>): Promise<string[]> {
  const changed: string[] = [];
  const known = await readHashes(database);
  for (const pipeline of pipelines) {
    const { options, hash } = contentOf(pipeline);
    if (known.get(pipeline.id) === hash) continue;
    const isNew = await database.transaction().execute((transaction) => record(transaction, pipeline.id, options, hash));
    if (isNew) changed.push(pipeline.id);
  }
  return changed;
}

/** Mostly all are known already: one question spares a transaction each. */
async function readHashes(database: Kysely<Database>): Promise<Map<string, string | null>> {
  const rows = await database.selectFrom('pipeline').select(['name', 'content_hash']).execute();
  return new Map(rows.map(({ name, content_hash }) => [name, content_hash]));
}

async function record(transaction: Transaction<Database>, name: string, options: unknown, hash: string): Promise<boolean> {
  const id = await pipelineId(transaction, name);
  const { content_hash: before } = await transaction.selectFrom('pipeline').select('content_hash').where('id', '=', id).forUpdate().executeTakeFirstOrThrow();
  if (before === hash) return false;
  const { last } = await transaction
    .selectFrom('pipeline_version')
    .select((it) => it.fn.max('version').as('last'))
    .where('pipeline_id', '=', id)
    .executeTakeFirstOrThrow();
  await transaction
    .insertInto('pipeline_version')
    .values({ pipeline_id: id, version: (last ?? 0) + 1, content_hash: hash, options: requiredJson(options) })
    .execute();
  await transaction
    .updateTable('pipeline')
    .set({ content_hash: hash, options: requiredJson(options), updated_at: new Date() })
    .where('id', '=', id)
    .execute();
  return true;
}
