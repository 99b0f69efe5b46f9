/** The registry: the queryable record of pipelines and their runs. */
export { appendAudit, type AuditBreak, type AuditEntry, verifyAuditLog } from './audit-log.js';
export { attachToParent, enterClosure } from './closure.js';
export type { Database, OutboxRow, PipelineExecutionRow } from './database.js';
export { migrate, printMigrations } from './migrate.js';
export { openRegistry, type Registry, type RegistrySettings } from './open-registry.js';
export { pipelineId, recordPipelines } from './record-pipelines.js';
export { prune, readRetention, type Retention, setRetention } from './retention.js';
