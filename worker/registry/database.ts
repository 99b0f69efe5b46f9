import type { ColumnType, GeneratedAlways, Insertable, Selectable } from 'kysely';

/** JSON is written as text (see safe-json) and read as what it stands for. */
type Json = ColumnType<unknown, string | null, string | null>;
type RequiredJson = ColumnType<unknown, string, string>;
type JsonWithDefault = ColumnType<unknown, string | undefined, string>;
type Time = ColumnType<Date, Date | string, Date | string>;
type OptionalTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
type TimeWithDefault = ColumnType<Date, Date | string | undefined, Date | string>;
type WithDefault<T> = ColumnType<T, T | undefined, T>;
type Optional<T> = ColumnType<T | null, T | null | undefined, T | null>;

export interface SchemaMigrationTable {
  number: number;
  name: string;
  checksum: string;
  applied_at: TimeWithDefault;
}

export interface PipelineTypeTable {
  id: GeneratedAlways<number>;
  name: string;
  created_at: TimeWithDefault;
}

export interface PipelineTable {
  id: GeneratedAlways<number>;
  name: string;
  pipeline_type_id: number;
  content_hash: Optional<string>;
  options: JsonWithDefault;
  pipeline_metadata: JsonWithDefault;
  active: WithDefault<boolean>;
  watermark: Optional<string>;
  watermark_at: OptionalTime;
  next_watermark: Optional<string>;
  freshness_number: Optional<number>;
  freshness_datepart: Optional<string>;
  timeliness_number: Optional<number>;
  timeliness_datepart: Optional<string>;
  mute_freshness_check: WithDefault<boolean>;
  mute_timeliness_check: WithDefault<boolean>;
  created_at: TimeWithDefault;
  updated_at: TimeWithDefault;
}

export interface PipelineVersionTable {
  pipeline_id: number;
  version: number;
  content_hash: string;
  options: RequiredJson;
  created_at: TimeWithDefault;
}

export interface PipelineExecutionTable {
  id: GeneratedAlways<number>;
  pipeline_id: number;
  /** Null for a run of a program that Headrace does not host. */
  workflow_id: Optional<string>;
  /** Of the first execution: continue-as-new and reset keep it. */
  run_id: Optional<string>;
  current_execution_id: Optional<string>;
  tenant: WithDefault<string>;
  trigger: string;
  /** A run's state of SPEC §6. */
  status: string;
  partition_key: Optional<string>;
  input: Json;
  output: Json;
  error: Json;
  reason: Optional<string>;
  undo: Optional<string>;
  retries: WithDefault<number>;
  total_rows: Optional<number>;
  inserts: Optional<number>;
  updates: Optional<number>;
  soft_deletes: Optional<number>;
  start_date: Time;
  end_date: OptionalTime;
  duration_ms: Optional<number>;
  completed_successfully: Optional<boolean>;
  watermark: Optional<string>;
  next_watermark: Optional<string>;
  parent_id: Optional<number>;
  /** Temporal's run id of the execution that started this run as its child. */
  parent_execution_id: Optional<string>;
  /** Who started it, as authentication knows them. */
  started_by: Optional<string>;
  created_at: TimeWithDefault;
}

export interface PipelineExecutionClosureTable {
  parent_execution_id: number;
  child_execution_id: number;
  /** 0 is the run itself. */
  depth: number;
}

export interface StepCallTable {
  id: GeneratedAlways<number>;
  pipeline_execution_id: number;
  /** Call ids begin anew with each of a run's executions. */
  execution_id: string;
  call_id: string;
  step: string;
  status: string;
  attempts: number;
  /** Number of the event with which the history first tells of it. */
  history_event: number;
  engine: Optional<string>;
  engine_id: Optional<string>;
  engine_link: Optional<string>;
  rows: Optional<number>;
  bytes: Optional<number>;
  /** What the engine says that the work took. */
  cost: Json;
  phase: Optional<string>;
  undo: WithDefault<boolean>;
  notification: WithDefault<boolean>;
  fast: WithDefault<boolean>;
  started_at: Time;
  ended_at: OptionalTime;
  duration_ms: Optional<number>;
  error: Json;
  reason: Optional<string>;
}

export interface ApprovalTable {
  id: GeneratedAlways<number>;
  pipeline_execution_id: number;
  execution_id: string;
  /** `approval#n`. */
  wait_id: string;
  approval: string;
  question: string;
  evidence: Json;
  evidence_digest: string;
  since: Time;
  deadline: Time;
  /** Null while it is waited for. */
  decision: Optional<string>;
  decision_id: Optional<string>;
  answer: Json;
  comment: Optional<string>;
  decided_by: Optional<string>;
  decided_at: OptionalTime;
  /** How many people must approve. */
  required: WithDefault<number>;
  /** Who may decide; null for everybody. */
  roles: Json;
  not_starter: WithDefault<boolean>;
  /** Those of several people who approved while more were missing, in their order; null where one decides. */
  votes: Json;
}

export interface RunLogTable {
  pipeline_execution_id: number;
  execution_id: string;
  history_event: number;
  /** Contiguous over the whole run, from 1. */
  sequence: number;
  message: string;
  records: Optional<number>;
  at: Time;
}

export interface OutboxTable {
  /** The order in which transactions committed: a reader's cursor never passes one that comes later. */
  position: GeneratedAlways<number>;
  id: string;
  workflow_id: string;
  run_id: string;
  tenant: string;
  /** Contiguous over the whole run, from 1; null for what is live only. */
  sequence: number | null;
  kind: string;
  payload: RequiredJson;
  created_at: TimeWithDefault;
  published_at: OptionalTime;
  /** As the payload has it. */
  pipeline: GeneratedAlways<string | null>;
}

export interface ProjectionTable {
  workflow_id: string;
  run_id: string;
  /** The execution that is being projected. */
  execution_id: string;
  ordinal: WithDefault<number>;
  /** The last event of that execution that is in the registry. */
  last_event: WithDefault<number>;
  sequence: WithDefault<number>;
  log_sequence: WithDefault<number>;
  /** Whether something is known to be missing. */
  behind: WithDefault<boolean>;
  /** How often it was said to be behind: what is said while it is read counts for the next time. */
  noted: WithDefault<number>;
  ended: WithDefault<boolean>;
  projected_at: TimeWithDefault;
  problem: Optional<string>;
  owner: Optional<string>;
  owned_until: OptionalTime;
}

export interface ProjectionExecutionTable {
  execution_id: string;
  workflow_id: string;
  run_id: string;
  ordinal: number;
}

/** What the metrics of the record add up to: see worker/events/totals.ts. */
export interface MetricTotalTable {
  metric: string;
  labels: ColumnType<Record<string, string>, string, string>;
  part: string;
  value: number;
}

export interface AuditLogTable {
  id: GeneratedAlways<number>;
  at: Time;
  actor: string;
  action: string;
  subject: string;
  tenant: string;
  details: RequiredJson;
  previous_hash: string;
  hash: string;
}

export interface ApiKeyTable {
  /** The part of a key that is no secret. */
  id: string;
  name: string;
  tenant: string;
  grants: RequiredJson;
  hash: string;
  /** After a rotation, of the secret before it. */
  previous_hash: Optional<string>;
  previous_until: OptionalTime;
  created_by: string;
  created_at: TimeWithDefault;
  expires_at: OptionalTime;
  revoked_at: OptionalTime;
  last_used_at: OptionalTime;
}

/** The registry's tables (SPEC §8). */
export interface Database {
  schema_migration: SchemaMigrationTable;
  pipeline_type: PipelineTypeTable;
  pipeline: PipelineTable;
  pipeline_version: PipelineVersionTable;
  pipeline_execution: PipelineExecutionTable;
  pipeline_execution_closure: PipelineExecutionClosureTable;
  step_call: StepCallTable;
  approval: ApprovalTable;
  run_log: RunLogTable;
  outbox: OutboxTable;
  projection: ProjectionTable;
  projection_execution: ProjectionExecutionTable;
  projection_scan: { name: string; watermark: Time };
  lease: { name: string; owner: string; until: Time };
  retention: { kind: string; days: number };
  audit_log: AuditLogTable;
  api_key: ApiKeyTable;
  metric_total: MetricTotalTable;
}

export type PipelineExecutionRow = Selectable<PipelineExecutionTable>;
export type NewPipelineExecution = Insertable<PipelineExecutionTable>;
export type NewStepCall = Insertable<StepCallTable>;
export type ApprovalRow = Selectable<ApprovalTable>;
export type NewApproval = Insertable<ApprovalTable>;
export type NewRunLog = Insertable<RunLogTable>;
export type ProjectionRow = Selectable<ProjectionTable>;
export type OutboxRow = Selectable<OutboxTable>;
export type ApiKeyRow = Selectable<ApiKeyTable>;
