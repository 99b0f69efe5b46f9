import type { Migration } from './migration.js';

/**
 * A second wall between tenants: whoever reads as `headrace_reader` sees the rows of the tenant in the setting `headrace.tenant`, and none without
 * it. The owner of the tables sees all, as the projector, the relay and a backup must. Where this user may not make roles, somebody else has to:
 * tenant-dialect.ts says how. Behind the wall only comparisons of columns find an index, so an event's pipeline is one.
 */
export const tenantWall: Migration = {
  number: 5,
  name: 'tenant wall',
  sql: `
do $$
begin
  if not exists (select from pg_roles where rolname = 'headrace_reader') then
    create role headrace_reader nologin;
  end if;
exception
  when insufficient_privilege or duplicate_object or unique_violation then null;
end
$$;

do $$
begin
  if not (select rolsuper from pg_roles where rolname = current_user) then
    execute format('grant headrace_reader to %I', current_user);
  end if;
exception
  when insufficient_privilege or undefined_object or unique_violation then null;
end
$$;

do $$
begin
  execute format('grant usage on schema %I to headrace_reader', current_schema());
  grant select on pipeline, pipeline_execution, pipeline_execution_closure, step_call, approval, run_log, outbox, projection, projection_execution, metric_total to headrace_reader;
  grant select (id, name, tenant, grants, created_by, created_at, expires_at, revoked_at, last_used_at, previous_until) on api_key to headrace_reader;
exception
  when undefined_object then null;
end
$$;

drop index outbox_by_pipeline;

alter table outbox add column pipeline text generated always as (payload ->> 'pipeline') stored;

create index outbox_by_pipeline on outbox (tenant, pipeline, position);

create index outbox_by_tenant on outbox (tenant, position);

alter table pipeline_execution enable row level security;

alter table outbox enable row level security;

alter table api_key enable row level security;

alter table metric_total enable row level security;

alter table step_call enable row level security;

alter table approval enable row level security;

alter table run_log enable row level security;

alter table pipeline_execution_closure enable row level security;

alter table projection enable row level security;

alter table projection_execution enable row level security;

create policy tenant_wall on pipeline_execution for select using (tenant = current_setting('headrace.tenant', true));

create policy tenant_wall on outbox for select using (tenant = current_setting('headrace.tenant', true));

create policy tenant_wall on api_key for select using (tenant = current_setting('headrace.tenant', true));

create policy tenant_wall on metric_total for select using (labels ->> 'tenant' = current_setting('headrace.tenant', true));

create policy tenant_wall on step_call for select using (exists (select from pipeline_execution as run where run.id = step_call.pipeline_execution_id));

create policy tenant_wall on approval for select using (exists (select from pipeline_execution as run where run.id = approval.pipeline_execution_id));

create policy tenant_wall on run_log for select using (exists (select from pipeline_execution as run where run.id = run_log.pipeline_execution_id));

create policy tenant_wall on pipeline_execution_closure for select using (
  exists (select from pipeline_execution as run where run.id = pipeline_execution_closure.parent_execution_id)
  and exists (select from pipeline_execution as run where run.id = pipeline_execution_closure.child_execution_id)
);

create policy tenant_wall on projection for select using (
  exists (select from pipeline_execution as run where run.workflow_id = projection.workflow_id and run.run_id = projection.run_id)
);

create policy tenant_wall on projection_execution for select using (
  exists (select from pipeline_execution as run where run.workflow_id = projection_execution.workflow_id and run.run_id = projection_execution.run_id)
);
`,
};
