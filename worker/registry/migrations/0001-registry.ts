import type { Migration } from './migration.js';

/**
 * The registry's first tables, after the Watcher framework (SPEC §8). A blank line after a semicolon ends a statement.
 * Times are those of the histories; `created_at` alone is the registry's own clock.
 */
export const registryTables: Migration = {
  number: 1,
  name: 'registry',
  sql: `
create table pipeline_type (
  id bigint generated always as identity primary key,
  name text not null unique,
  created_at timestamptz not null default now()
);

create table pipeline (
  id bigint generated always as identity primary key,
  name text not null unique,
  pipeline_type_id bigint not null references pipeline_type (id),
  content_hash text,
  options jsonb not null default '{}',
  pipeline_metadata jsonb not null default '{}',
  active boolean not null default true,
  watermark text,
  watermark_at timestamptz,
  next_watermark text,
  freshness_number integer,
  freshness_datepart text,
  timeliness_number integer,
  timeliness_datepart text,
  mute_freshness_check boolean not null default false,
  mute_timeliness_check boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table pipeline_version (
  pipeline_id bigint not null references pipeline (id) on delete cascade,
  version integer not null,
  content_hash text not null,
  options jsonb not null,
  created_at timestamptz not null default now(),
  primary key (pipeline_id, version)
);

create table pipeline_execution (
  id bigint generated always as identity primary key,
  pipeline_id bigint not null references pipeline (id),
  workflow_id text,
  run_id text,
  current_execution_id text,
  tenant text not null default 'default',
  "trigger" text not null,
  status text not null,
  partition_key text,
  input jsonb,
  output jsonb,
  error jsonb,
  reason text,
  undo text,
  retries integer not null default 0,
  total_rows bigint,
  inserts bigint,
  updates bigint,
  soft_deletes bigint,
  start_date timestamptz not null,
  end_date timestamptz,
  duration_ms bigint,
  completed_successfully boolean,
  watermark text,
  next_watermark text,
  parent_id bigint references pipeline_execution (id) on delete set null,
  parent_execution_id text,
  created_at timestamptz not null default now(),
  unique (workflow_id, run_id)
);

create index pipeline_execution_by_start on pipeline_execution (tenant, start_date desc, id desc);

create index pipeline_execution_by_pipeline on pipeline_execution (pipeline_id, start_date desc, id desc);

create index pipeline_execution_by_status on pipeline_execution (status, start_date desc, id desc);

create index pipeline_execution_orphan on pipeline_execution (parent_execution_id) where parent_id is null and parent_execution_id is not null;

create table pipeline_execution_closure (
  parent_execution_id bigint not null references pipeline_execution (id) on delete cascade,
  child_execution_id bigint not null references pipeline_execution (id) on delete cascade,
  depth integer not null,
  primary key (parent_execution_id, child_execution_id)
);

create index pipeline_execution_closure_by_child on pipeline_execution_closure (child_execution_id, depth);

create table step_call (
  id bigint generated always as identity primary key,
  pipeline_execution_id bigint not null references pipeline_execution (id) on delete cascade,
  execution_id text not null,
  call_id text not null,
  step text not null,
  status text not null,
  attempts integer not null,
  history_event bigint not null,
  engine text,
  engine_id text,
  engine_link text,
  "rows" bigint,
  bytes bigint,
  phase text,
  undo boolean not null default false,
  notification boolean not null default false,
  fast boolean not null default false,
  started_at timestamptz not null,
  ended_at timestamptz,
  duration_ms bigint,
  error jsonb,
  reason text,
  unique (pipeline_execution_id, execution_id, call_id)
);

create table approval (
  id bigint generated always as identity primary key,
  pipeline_execution_id bigint not null references pipeline_execution (id) on delete cascade,
  execution_id text not null,
  wait_id text not null,
  approval text not null,
  question text not null,
  evidence jsonb,
  evidence_digest text not null,
  since timestamptz not null,
  deadline timestamptz not null,
  decision text,
  decision_id text,
  answer jsonb,
  comment text,
  decided_by text,
  decided_at timestamptz,
  unique (pipeline_execution_id, execution_id, wait_id)
);

create index approval_open on approval (deadline) where decision is null;

create table run_log (
  pipeline_execution_id bigint not null references pipeline_execution (id) on delete cascade,
  execution_id text not null,
  history_event bigint not null,
  sequence integer not null,
  message text not null,
  records bigint,
  at timestamptz not null,
  primary key (pipeline_execution_id, sequence)
);

create table outbox (
  position bigint generated always as identity primary key,
  id text not null unique,
  workflow_id text not null,
  run_id text not null,
  tenant text not null,
  sequence bigint,
  kind text not null,
  payload jsonb not null,
  created_at timestamptz not null default now(),
  published_at timestamptz,
  unique (workflow_id, run_id, sequence)
);

create index outbox_unpublished on outbox (position) where published_at is null;

create table projection (
  workflow_id text not null,
  run_id text not null,
  execution_id text not null,
  ordinal integer not null default 0,
  last_event bigint not null default 0,
  sequence bigint not null default 0,
  log_sequence integer not null default 0,
  behind boolean not null default true,
  noted integer not null default 0,
  ended boolean not null default false,
  projected_at timestamptz not null default now(),
  problem text,
  owner text,
  owned_until timestamptz,
  primary key (workflow_id, run_id)
);

create index projection_open on projection (projected_at) where not ended or behind;

create table projection_execution (
  execution_id text primary key,
  workflow_id text not null,
  run_id text not null,
  ordinal integer not null,
  foreign key (workflow_id, run_id) references projection (workflow_id, run_id) on delete cascade
);

create table projection_scan (
  name text primary key,
  watermark timestamptz not null
);

create table lease (
  name text primary key,
  owner text not null,
  until timestamptz not null
);

create table retention (
  kind text primary key,
  days integer not null
);

create table audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  actor text not null,
  action text not null,
  subject text not null,
  tenant text not null,
  details jsonb not null,
  previous_hash text not null,
  hash text not null unique
);

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is append-only';
end
$$;

create trigger audit_log_append_only before update or delete on audit_log for each row execute function refuse_audit_change();

create trigger audit_log_no_truncate before truncate on audit_log for each statement execute function refuse_audit_change();
`,
};
