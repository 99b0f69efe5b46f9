import { type Kysely, sql } from 'kysely';
import { advisory, takeAdvisory } from './advisory.js';
import type { Database } from './database.js';

/** Enters a new run into the closure table: its own ancestor at depth 0. */
export async function enterClosure(transaction: Kysely<Database>, id: number): Promise<void> {
  await transaction
    .insertInto('pipeline_execution_closure')
    .values({ parent_execution_id: id, child_execution_id: id, depth: 0 })
    .onConflict((it) => it.doNothing())
    .execute();
}

/**
 * Makes a run the child of another, with all that is below the one and above the other. Runs may be entered in any order:
 * a child may be recorded before its parent. To be called in a transaction.
 */
export async function attachToParent(transaction: Kysely<Database>, child: number, parent: number): Promise<void> {
  // Two links of one chain made at the same time would miss each other's pairs.
  await takeAdvisory(transaction, advisory.closure);
  await transaction.updateTable('pipeline_execution').set({ parent_id: parent }).where('id', '=', child).execute();
  await sql`
    insert into pipeline_execution_closure (parent_execution_id, child_execution_id, depth)
    select above.parent_execution_id, below.child_execution_id, above.depth + below.depth + 1
    from pipeline_execution_closure above, pipeline_execution_closure below
    where above.child_execution_id = ${parent} and below.parent_execution_id = ${child}
    on conflict do nothing
  `.execute(transaction);
}
