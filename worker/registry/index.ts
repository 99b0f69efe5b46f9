/** The registry: the queryable record of pipelines and their runs. */
export { type AuditCheck, type AuditEntry, appendAudit, verifyAuditLog } from './audit-log.js';
export { attachToParent, enterClosure } from './closure.js';
export type { Database, OutboxRow, PipelineExecutionRow } from './database.js';
export { migrate, migrations, printMigrations } from './migrate.js';
export { openRegistry, type RegistrySettings } from './open-registry.js';
export { pipelineId, recordPipelines } from './record-pipelines.js';
export type { Registry } from './registry.js';
export { prune, type RetentionChange, RetentionReference, readRetention, setRetention } from './retention.js';
export { requireTenantWall } from './tenant-wall.js';
