/** What was done to one run is found among millions of entries. */
export const auditSubject = {
  number: 6,
  name: 'audit-subject',
  sql: `
create index audit_log_subject on audit_log using hash (subject);
`,
};
