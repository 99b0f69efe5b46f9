/** A tenant's entries of the audit log, the latest first; the second wall holds them, too. */
export const auditList = {
  number: 11,
  name: 'audit-list',
  sql: `
create index audit_log_tenant on audit_log (tenant, at, id);

alter table audit_log enable row level security;

create policy tenant_wall on audit_log for select using (tenant = current_setting('headrace.tenant', true));

do $$
begin
  grant select on audit_log to headrace_reader;
exception
  when undefined_object then null;
end
$$;
`,
};
