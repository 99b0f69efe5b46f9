import type { Migration } from './migration.js';

/** The totals that the metrics of the record export, and what the runs recorded so far add to them (worker/events/totals.ts). */
export const metricTotals: Migration = {
  number: 4,
  name: 'metric totals',
  sql: `
create table metric_total (
  metric text not null,
  labels jsonb not null,
  part text not null,
  value double precision not null,
  primary key (metric, labels, part)
);

create temporary table metric_run on commit drop as
select run.id, run.status, run.end_date, run.duration_ms, run.total_rows, run.partition_key, run.completed_successfully, run.trigger,
  jsonb_build_object('pipeline', pipeline.name, 'tenant', run.tenant) as labels
from pipeline_execution as run join pipeline on pipeline.id = run.pipeline_id
where run.workflow_id is not null;

create temporary table metric_duration on commit drop as
select 'temporal_workflow_duration' as metric, labels || jsonb_build_object('status', status) as labels, duration_ms as ms
from metric_run where end_date is not null
union all
select 'temporal_activity_execution', run.labels || jsonb_build_object('step', call.step, 'status', case when call.status = 'TIMED_OUT' then 'FAILED' else call.status end), call.duration_ms
from step_call as call join metric_run as run on run.id = call.pipeline_execution_id
where call.status in ('COMPLETED', 'FAILED', 'TIMED_OUT', 'CANCELLED') and call.ended_at is not null
union all
select 'headrace_approval_wait_seconds', run.labels || jsonb_build_object('approval', ask.approval, 'decision', ask.decision), greatest(0, round(extract(epoch from ask.decided_at - ask.since) * 1000))
from approval as ask join metric_run as run on run.id = ask.pipeline_execution_id
where ask.decision is not null and ask.decided_at is not null;

insert into metric_total (metric, labels, part, value)
select metric, labels, coalesce(bucket.part, '+Inf'), count(*) from metric_duration left join lateral (
  select part from (values
    ('0.01', 10), ('0.05', 50), ('0.25', 250), ('1', 1000), ('5', 5000), ('15', 15000), ('60', 60000),
    ('300', 300000), ('900', 900000), ('3600', 3600000), ('14400', 14400000), ('86400', 86400000)
  ) as bound (part, most) where most >= ms order by most limit 1
) as bucket on true
group by 1, 2, 3
union all
select metric, labels, 'sum', sum(ms) from metric_duration group by 1, 2
union all
select 'temporal_workflow_started', labels || jsonb_build_object('trigger', trigger), '', count(*) from metric_run group by 2
union all
select case when status in ('FAILED', 'TIMED_OUT', 'TERMINATED') then 'temporal_workflow_failed' else 'temporal_workflow_completed' end, labels || jsonb_build_object('status', status), '', count(*)
from metric_run where end_date is not null group by 1, 2
union all
select 'headrace_run_rows', labels, '', sum(total_rows) from metric_run where end_date is not null and total_rows is not null group by 2
union all
select 'headrace_last_success', labels, 'latest', floor(extract(epoch from max(end_date)) * 1000)
from metric_run where completed_successfully and partition_key is null group by 2
union all
select 'temporal_activity_retries', run.labels || jsonb_build_object('step', call.step), '', sum(call.attempts - 1)
from step_call as call join metric_run as run on run.id = call.pipeline_execution_id where call.attempts > 1 group by 2
union all
select 'headrace_step_rows', run.labels || jsonb_build_object('step', call.step), '', sum(call.rows)
from step_call as call join metric_run as run on run.id = call.pipeline_execution_id where call.status = 'COMPLETED' and call.rows is not null group by 2
union all
select 'headrace_step_bytes', run.labels || jsonb_build_object('step', call.step), '', sum(call.bytes)
from step_call as call join metric_run as run on run.id = call.pipeline_execution_id where call.status = 'COMPLETED' and call.bytes is not null group by 2;
`,
};
