import { sql } from 'kysely';
import type { Registry } from '../registry/index.js';

const tables: Record<string, readonly string[]> = {
  pipeline_execution: ['id', 'created_at', 'pipeline_id', 'parent_id'],
  step_call: ['id', 'pipeline_execution_id'],
  approval: ['id', 'pipeline_execution_id'],
  run_log: ['pipeline_execution_id'],
  outbox: ['position', 'created_at', 'published_at'],
  metric_total: [],
};

/** Everything that the registry says of runs, without the numbers and clocks that are its own: what a new projection must give again. */
export async function recordOf({ database }: Registry): Promise<Record<string, string[]>> {
  const entries = await Promise.all(
    Object.entries(tables).map(async ([table, own]) => {
      const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(database);
      const kept = rows.map((row) =>
        JSON.stringify(
          Object.entries(row)
            .filter(([name]) => !own.includes(name))
            .sort(),
        ),
      );
      return [table, kept.sort()] as const;
    }),
  );
  const { rows } = await sql<Record<string, unknown>>`
    select parent.workflow_id as parent, child.workflow_id as child, depth from pipeline_execution_closure
    closure
    join pipeline_execution parent on parent.id = closure.parent_execution_id join pipeline_execution child on child.id = closure.child_execution_id`.execute(
    database,
  );
  return { ...Object.fromEntries(entries), closure: rows.map((row) => JSON.stringify(row)).sort() };
}
