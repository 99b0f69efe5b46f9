import type { Migration } from './migration.js';

/**
 * What the API's lists need: each filter has an index in the list's order, and carries in its last columns what may be asked beside it, so that a row
 * that does not fit is passed over in the index. Approvals that several people decide, and who started a run.
 */
export const runList: Migration = {
  number: 2,
  name: 'run-list',
  sql: `
drop index pipeline_execution_by_pipeline;

drop index pipeline_execution_by_status;

create index pipeline_execution_by_pipeline on pipeline_execution (tenant, pipeline_id, start_date desc, id desc, "trigger");

create index pipeline_execution_by_status on pipeline_execution (tenant, status, start_date desc, id desc, "trigger");

create index pipeline_execution_by_pipeline_status on pipeline_execution (tenant, pipeline_id, status, start_date desc, id desc, "trigger");

create index pipeline_execution_by_trigger on pipeline_execution (tenant, "trigger", start_date desc, id desc, pipeline_id, partition_key);

create index pipeline_execution_by_partition on pipeline_execution (tenant, partition_key, start_date desc, id desc, pipeline_id, status, "trigger")
  where partition_key is not null;

create index pipeline_execution_by_parent on pipeline_execution (parent_id, start_date desc, id desc, pipeline_id, status, partition_key, "trigger")
  where parent_id is not null;

create index outbox_by_kind on outbox (tenant, kind, position);

create index outbox_by_pipeline on outbox (tenant, (payload ->> 'pipeline'), position);

alter table pipeline_execution add column started_by text;

alter table approval
  add column required integer not null default 1,
  add column roles jsonb,
  add column not_starter boolean not null default false,
  add column votes jsonb;
`,
};
