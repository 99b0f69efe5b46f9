import { type Kysely, sql } from 'kysely';
import type { Database } from './database.js';

/** Fills an empty registry. Skewed as real ones are: one large pipeline of 201, few failures, fewer that wait, coordinators with many children. */
export async function recordManyRuns(database: Kysely<Database>, many: number): Promise<void> {
  await sql`insert into pipeline_type (name) values ('pipeline')`.execute(database);
  await sql`insert into pipeline (name, pipeline_type_id) select 'p' || n, 1 from generate_series(1, 201) n`.execute(database);
  await runs(many).execute(database);
  await sql`vacuum analyze pipeline_execution`.execute(database);
}

const runs = (many: number) => sql`
  insert into pipeline_execution (
    pipeline_id, workflow_id, run_id, current_execution_id, tenant, "trigger", status, partition_key, input, output, total_rows, start_date, end_date, duration_ms, parent_id
  )
  select
    case when n % 2 = 0 then 1 else 1 + (n::bigint * 7919) % 200 end, 'w' || n, md5(n::text), md5(n::text), case when n % 11 = 0 then 'other' else 'default' end,
    case when n % 3 = 0 then 'schedule' when n % 97 = 0 then 'temporal' when n % 5 = 0 then 'parent' else 'client' end,
    case when n % 50 = 0 then 'FAILED' when n % 5000 = 1 then 'WAITING_FOR_APPROVAL' when n % 700 = 0 then 'CANCELLED' else 'SUCCEEDED' end,
    case when n % 4 = 0 then '2024-' || lpad((1 + n % 12)::text, 2, '0') end,
    jsonb_build_object('day', n % 365), jsonb_build_object('rows', n), n,
    timestamptz '2024-01-01' + n * interval '30 seconds', timestamptz '2024-01-01' + n * interval '30 seconds' + interval '1 minute', 60000,
    case when n > 100 and n % 5 = 0 and n % 3 <> 0 then 1 + n % 7 end
  from generate_series(1, ${sql.lit(many)}) n`;
