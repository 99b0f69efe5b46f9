/** What one person did, or what was done in one way, is found among millions of entries, in the list's order. A name may be too long for an index. */
export const auditFilters = {
  number: 12,
  name: 'audit-filters',
  sql: `
create index audit_log_actor on audit_log (tenant, md5(actor), at, id);

create index audit_log_action on audit_log (tenant, action, at, id);
`,
};
