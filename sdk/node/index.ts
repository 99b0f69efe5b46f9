/** The Node side of the SDK: how steps are done, and a client. Never imported by a pipeline's module. */

export { maximumPartitions } from '../authoring/maximum-partitions.js';
export type { ClientOptions } from './client/connect-temporal.js';
export type { DecisionOptions } from './client/decide.js';
export { DecisionRefused } from './client/decision-refused.js';
export type { ListedRun, Page, RunList } from './client/list-runs.js';
export type { RunHandle } from './client/run-handle.js';
export type { RunFilter } from './client/run-query.js';
export { CancelledError, TerminatedError } from './client/run-result.js';
export type { StartOptions } from './client/start-run.js';
export { type Client, connect, type StartedRun } from './client.js';
export { Connections } from './connections/connections.js';
export { Connection } from './connections/kinds.js';
export { type EncryptionKey, KeyRing } from './encryption/key-ring.js';
export type { Encryption } from './encryption/read-key-ring.js';
export { type Implementations, implement, type Work } from './implement.js';
export { type Partition, type PartitionRange, type PartitionSize, type Partitions, partitions } from './partition.js';
export type { RunStateName, RunStatus } from './status/run-status.js';
export { type Known, statusOf } from './status/status-of.js';
export type { StepContext } from './step-context.js';
