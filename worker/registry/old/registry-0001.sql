-- What pg_dump --inserts gave of a registry with the schema of migration 1, with four runs of two tenants in it. It never changes: what a later build
-- cannot bring forward without loss is a fault of that build.
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE FUNCTION public.refuse_audit_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  raise exception 'the audit log is append-only';
end
$$;

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE public.approval (
    id bigint NOT NULL,
    pipeline_execution_id bigint NOT NULL,
    execution_id text NOT NULL,
    wait_id text NOT NULL,
    approval text NOT NULL,
    question text NOT NULL,
    evidence jsonb,
    evidence_digest text NOT NULL,
    since timestamp with time zone NOT NULL,
    deadline timestamp with time zone NOT NULL,
    decision text,
    decision_id text,
    answer jsonb,
    comment text,
    decided_by text,
    decided_at timestamp with time zone
);

ALTER TABLE public.approval ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.approval_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.audit_log (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    tenant text NOT NULL,
    details jsonb NOT NULL,
    previous_hash text NOT NULL,
    hash text NOT NULL
);

ALTER TABLE public.audit_log ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.lease (
    name text NOT NULL,
    owner text NOT NULL,
    until timestamp with time zone NOT NULL
);

CREATE TABLE public.outbox (
    "position" bigint NOT NULL,
    id text NOT NULL,
    workflow_id text NOT NULL,
    run_id text NOT NULL,
    tenant text NOT NULL,
    sequence bigint,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    published_at timestamp with time zone
);

ALTER TABLE public.outbox ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.pipeline (
    id bigint NOT NULL,
    name text NOT NULL,
    pipeline_type_id bigint NOT NULL,
    content_hash text,
    options jsonb DEFAULT '{}'::jsonb NOT NULL,
    pipeline_metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    active boolean DEFAULT true NOT NULL,
    watermark text,
    watermark_at timestamp with time zone,
    next_watermark text,
    freshness_number integer,
    freshness_datepart text,
    timeliness_number integer,
    timeliness_datepart text,
    mute_freshness_check boolean DEFAULT false NOT NULL,
    mute_timeliness_check boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.pipeline_execution (
    id bigint NOT NULL,
    pipeline_id bigint NOT NULL,
    workflow_id text,
    run_id text,
    current_execution_id text,
    tenant text DEFAULT 'default'::text NOT NULL,
    trigger text NOT NULL,
    status text NOT NULL,
    partition_key text,
    input jsonb,
    output jsonb,
    error jsonb,
    reason text,
    undo text,
    retries integer DEFAULT 0 NOT NULL,
    total_rows bigint,
    inserts bigint,
    updates bigint,
    soft_deletes bigint,
    start_date timestamp with time zone NOT NULL,
    end_date timestamp with time zone,
    duration_ms bigint,
    completed_successfully boolean,
    watermark text,
    next_watermark text,
    parent_id bigint,
    parent_execution_id text,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.pipeline_execution_closure (
    parent_execution_id bigint NOT NULL,
    child_execution_id bigint NOT NULL,
    depth integer NOT NULL
);

ALTER TABLE public.pipeline_execution ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.pipeline_execution_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.pipeline ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.pipeline_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.pipeline_type (
    id bigint NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.pipeline_type ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.pipeline_type_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.pipeline_version (
    pipeline_id bigint NOT NULL,
    version integer NOT NULL,
    content_hash text NOT NULL,
    options jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.projection (
    workflow_id text NOT NULL,
    run_id text NOT NULL,
    execution_id text NOT NULL,
    ordinal integer DEFAULT 0 NOT NULL,
    last_event bigint DEFAULT 0 NOT NULL,
    sequence bigint DEFAULT 0 NOT NULL,
    log_sequence integer DEFAULT 0 NOT NULL,
    behind boolean DEFAULT true NOT NULL,
    noted integer DEFAULT 0 NOT NULL,
    ended boolean DEFAULT false NOT NULL,
    projected_at timestamp with time zone DEFAULT now() NOT NULL,
    problem text,
    owner text,
    owned_until timestamp with time zone
);

CREATE TABLE public.projection_execution (
    execution_id text NOT NULL,
    workflow_id text NOT NULL,
    run_id text NOT NULL,
    ordinal integer NOT NULL
);

CREATE TABLE public.projection_scan (
    name text NOT NULL,
    watermark timestamp with time zone NOT NULL
);

CREATE TABLE public.retention (
    kind text NOT NULL,
    days integer NOT NULL
);

CREATE TABLE public.run_log (
    pipeline_execution_id bigint NOT NULL,
    execution_id text NOT NULL,
    history_event bigint NOT NULL,
    sequence integer NOT NULL,
    message text NOT NULL,
    records bigint,
    at timestamp with time zone NOT NULL
);

CREATE TABLE public.schema_migration (
    number integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.step_call (
    id bigint NOT NULL,
    pipeline_execution_id bigint NOT NULL,
    execution_id text NOT NULL,
    call_id text NOT NULL,
    step text NOT NULL,
    status text NOT NULL,
    attempts integer NOT NULL,
    history_event bigint NOT NULL,
    engine text,
    engine_id text,
    engine_link text,
    rows bigint,
    bytes bigint,
    phase text,
    undo boolean DEFAULT false NOT NULL,
    notification boolean DEFAULT false NOT NULL,
    fast boolean DEFAULT false NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    duration_ms bigint,
    error jsonb,
    reason text
);

ALTER TABLE public.step_call ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.step_call_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

INSERT INTO public.approval OVERRIDING SYSTEM VALUE VALUES (1, 1, 'run-orders-1', 'release#1', 'release', 'Release?', '{"rows": 1200}', 'e1', '2025-03-01 06:02:00.25+00', '2025-03-01 06:50:00.25+00', 'approve', 'd1', '{"reason": "fine"}', 'ok', 'ada', '2025-03-01 06:03:00.25+00');
INSERT INTO public.approval OVERRIDING SYSTEM VALUE VALUES (2, 4, 'run-orders-3', 'release#1', 'release', 'Release?', NULL, 'e2', '2025-03-01 06:21:00.25+00', '2025-03-01 06:59:00.25+00', NULL, NULL, NULL, NULL, NULL, NULL);

INSERT INTO public.audit_log OVERRIDING SYSTEM VALUE VALUES (1, '2025-03-01 06:03:00.25+00', 'ada', 'approval.decide', 'orders-1', 'default', '{"decision": "approve"}', '0000000000000000000000000000000000000000000000000000000000000000', '366d7e9684d86322f98257aaf1cff0b06e7e44891209a5f425945195300a3970');
INSERT INTO public.audit_log OVERRIDING SYSTEM VALUE VALUES (2, '2025-03-01 06:11:00.25+00', 'bob', 'run.cancel', 'orders-2', 'umbrella', '{}', '366d7e9684d86322f98257aaf1cff0b06e7e44891209a5f425945195300a3970', '10d38ae4e751a92b1127c5b9697d8a3185ee1b8b6cc0334072b7df613033de0e');

INSERT INTO public.outbox OVERRIDING SYSTEM VALUE VALUES (1, 'e-1', 'orders-1', 'run-orders-1', 'default', 1, 'PIPELINE_STARTED', '{"id": "e-1", "run": "run-orders-1", "data": {}, "time": "2025-03-01T06:01:00.250Z", "type": "PIPELINE_STARTED", "tenant": "default", "subject": "orders-1", "pipeline": "nightly_orders", "specversion": "1.0"}', '2025-03-01 06:01:00.25+00', '2025-03-01 06:01:00.25+00');
INSERT INTO public.outbox OVERRIDING SYSTEM VALUE VALUES (2, 'e-2', 'orders-1', 'run-orders-1', 'default', 2, 'PIPELINE_COMPLETED', '{"id": "e-2", "run": "run-orders-1", "data": {}, "time": "2025-03-01T06:04:00.250Z", "type": "PIPELINE_COMPLETED", "tenant": "default", "subject": "orders-1", "pipeline": "nightly_orders", "specversion": "1.0"}', '2025-03-01 06:04:00.25+00', '2025-03-01 06:04:00.25+00');
INSERT INTO public.outbox OVERRIDING SYSTEM VALUE VALUES (3, 'e-3', 'orders-2', 'run-orders-2', 'default', 1, 'PIPELINE_STARTED', '{"id": "e-3", "run": "run-orders-2", "data": {}, "time": "2025-03-01T06:10:00.250Z", "type": "PIPELINE_STARTED", "tenant": "default", "subject": "orders-2", "pipeline": "nightly_orders", "specversion": "1.0"}', '2025-03-01 06:10:00.25+00', NULL);
INSERT INTO public.outbox OVERRIDING SYSTEM VALUE VALUES (4, 'e-4', 'publish-1', 'run-publish-1', 'default', 1, 'PIPELINE_STARTED', '{"id": "e-4", "run": "run-publish-1", "data": {}, "time": "2025-03-01T06:02:00.250Z", "type": "PIPELINE_STARTED", "tenant": "default", "subject": "publish-1", "pipeline": "publish_orders", "specversion": "1.0"}', '2025-03-01 06:02:00.25+00', '2025-03-01 06:02:00.25+00');
INSERT INTO public.outbox OVERRIDING SYSTEM VALUE VALUES (5, 'e-5', 'orders-3', 'run-orders-3', 'umbrella', 1, 'PIPELINE_STARTED', '{"id": "e-5", "run": "run-orders-3", "data": {}, "time": "2025-03-01T06:20:00.250Z", "type": "PIPELINE_STARTED", "tenant": "umbrella", "subject": "orders-3", "pipeline": "nightly_orders", "specversion": "1.0"}', '2025-03-01 06:20:00.25+00', NULL);

INSERT INTO public.pipeline OVERRIDING SYSTEM VALUE VALUES (1, 'nightly_orders', 1, 'a1', '{"tags": ["orders"], "owner": "sales"}', '{}', true, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, false, '2025-03-01 06:00:00.25+00', '2025-03-01 06:00:00.25+00');
INSERT INTO public.pipeline OVERRIDING SYSTEM VALUE VALUES (2, 'publish_orders', 1, 'b1', '{"tags": ["orders"], "owner": "sales"}', '{}', true, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, false, '2025-03-01 06:00:00.25+00', '2025-03-01 06:00:00.25+00');

INSERT INTO public.pipeline_execution OVERRIDING SYSTEM VALUE VALUES (1, 1, 'orders-1', 'run-orders-1', 'run-orders-1', 'default', 'schedule', 'SUCCEEDED', '2025-03-01', '{"day": "2025-03-01"}', '{"note": "naïve – ✓", "rows": 1200}', NULL, NULL, NULL, 0, 1200, 1000, 200, NULL, '2025-03-01 06:01:00.25+00', '2025-03-01 06:04:00.25+00', 180000, true, '2025-03-01', '2025-03-02', NULL, NULL, '2025-03-01 06:01:00.25+00');
INSERT INTO public.pipeline_execution OVERRIDING SYSTEM VALUE VALUES (3, 1, 'orders-2', 'run-orders-2', 'run-orders-2', 'default', 'client', 'FAILED', NULL, '{"day": "2025-03-01"}', NULL, '{"type": "Refused", "message": "it''s ''quoted''; and \\ goes on\n\nnext"}', NULL, 'DONE', 2, NULL, NULL, NULL, NULL, '2025-03-01 06:10:00.25+00', '2025-03-01 06:11:00.25+00', 60000, false, NULL, NULL, NULL, NULL, '2025-03-01 06:10:00.25+00');
INSERT INTO public.pipeline_execution OVERRIDING SYSTEM VALUE VALUES (4, 1, 'orders-3', 'run-orders-3', 'run-orders-3', 'umbrella', 'client', 'WAITING_FOR_APPROVAL', NULL, '{"day": "2025-03-01"}', NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, '2025-03-01 06:20:00.25+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2025-03-01 06:20:00.25+00');
INSERT INTO public.pipeline_execution OVERRIDING SYSTEM VALUE VALUES (2, 2, 'publish-1', 'run-publish-1', 'run-publish-1', 'default', 'parent', 'SUCCEEDED', NULL, '{"day": "2025-03-01"}', '{"rows": 7}', NULL, NULL, NULL, 0, 7, NULL, NULL, NULL, '2025-03-01 06:02:00.25+00', '2025-03-01 06:03:00.25+00', 60000, true, NULL, NULL, 1, 'run-orders-1', '2025-03-01 06:02:00.25+00');

INSERT INTO public.pipeline_execution_closure VALUES (1, 1, 0);
INSERT INTO public.pipeline_execution_closure VALUES (2, 2, 0);
INSERT INTO public.pipeline_execution_closure VALUES (3, 3, 0);
INSERT INTO public.pipeline_execution_closure VALUES (4, 4, 0);
INSERT INTO public.pipeline_execution_closure VALUES (1, 2, 1);

INSERT INTO public.pipeline_type OVERRIDING SYSTEM VALUE VALUES (1, 'pipeline', '2026-11-21 17:30:00.325944+00');

INSERT INTO public.pipeline_version VALUES (1, 1, 'a0', '{}', '2025-03-01 06:00:00.25+00');
INSERT INTO public.pipeline_version VALUES (1, 2, 'a1', '{"owner": "sales"}', '2025-03-01 06:00:00.25+00');
INSERT INTO public.pipeline_version VALUES (2, 1, 'b1', '{}', '2025-03-01 06:00:00.25+00');

INSERT INTO public.projection VALUES ('orders-1', 'run-orders-1', 'run-orders-1', 0, 9, 2, 0, false, 0, true, '2025-03-01 06:30:00.25+00', NULL, NULL, NULL);
INSERT INTO public.projection VALUES ('publish-1', 'run-publish-1', 'run-publish-1', 0, 9, 2, 0, false, 0, true, '2025-03-01 06:30:00.25+00', NULL, NULL, NULL);
INSERT INTO public.projection VALUES ('orders-2', 'run-orders-2', 'run-orders-2', 0, 9, 2, 0, false, 0, true, '2025-03-01 06:30:00.25+00', NULL, NULL, NULL);
INSERT INTO public.projection VALUES ('orders-3', 'run-orders-3', 'run-orders-3', 0, 9, 2, 0, false, 0, false, '2025-03-01 06:30:00.25+00', NULL, NULL, NULL);

INSERT INTO public.projection_execution VALUES ('run-orders-1', 'orders-1', 'run-orders-1', 0);
INSERT INTO public.projection_execution VALUES ('run-publish-1', 'publish-1', 'run-publish-1', 0);
INSERT INTO public.projection_execution VALUES ('run-orders-2', 'orders-2', 'run-orders-2', 0);
INSERT INTO public.projection_execution VALUES ('run-orders-3', 'orders-3', 'run-orders-3', 0);

INSERT INTO public.projection_scan VALUES ('visibility', '2025-03-01 06:30:00.25+00');

INSERT INTO public.retention VALUES ('runs', 365);

INSERT INTO public.run_log VALUES (1, 'run-orders-1', 5, 1, 'line 1', 600, '2025-03-01 06:01:00.25+00');
INSERT INTO public.run_log VALUES (1, 'run-orders-1', 6, 2, 'line 2', 1200, '2025-03-01 06:02:00.25+00');

INSERT INTO public.schema_migration VALUES (1, 'registry', 'b0bc4e88a8e65f89459a97196007bcfa661c9815756d6bf9bb5bfb7b0bdca3c3', '2025-03-01 06:00:00.25+00');

INSERT INTO public.step_call OVERRIDING SYSTEM VALUE VALUES (1, 1, 'run-orders-1', '1', 'extract', 'COMPLETED', 1, 5, 'duckdb', NULL, NULL, 1200, 48000, NULL, false, false, false, '2025-03-01 06:01:00.25+00', '2025-03-01 06:02:00.25+00', 60000, NULL, NULL);
INSERT INTO public.step_call OVERRIDING SYSTEM VALUE VALUES (2, 1, 'run-orders-1', '2', 'load', 'COMPLETED', 3, 5, NULL, NULL, NULL, 1200, NULL, NULL, false, false, false, '2025-03-01 06:02:00.25+00', '2025-03-01 06:04:00.25+00', 120000, NULL, NULL);
INSERT INTO public.step_call OVERRIDING SYSTEM VALUE VALUES (3, 3, 'run-orders-2', '1', 'extract', 'FAILED', 3, 5, NULL, NULL, NULL, NULL, NULL, NULL, false, false, false, '2025-03-01 06:10:00.25+00', '2025-03-01 06:11:00.25+00', 60000, '{"type": "Refused", "message": "no"}', NULL);
INSERT INTO public.step_call OVERRIDING SYSTEM VALUE VALUES (4, 4, 'run-orders-3', '1', 'extract', 'COMPLETED', 1, 5, NULL, NULL, NULL, 5, NULL, NULL, false, false, false, '2025-03-01 06:20:00.25+00', '2025-03-01 06:21:00.25+00', 60000, NULL, NULL);

SELECT pg_catalog.setval('public.approval_id_seq', 2, true);

SELECT pg_catalog.setval('public.audit_log_id_seq', 2, true);

SELECT pg_catalog.setval('public.outbox_position_seq', 5, true);

SELECT pg_catalog.setval('public.pipeline_execution_id_seq', 4, true);

SELECT pg_catalog.setval('public.pipeline_id_seq', 2, true);

SELECT pg_catalog.setval('public.pipeline_type_id_seq', 1, true);

SELECT pg_catalog.setval('public.step_call_id_seq', 4, true);

ALTER TABLE ONLY public.approval
    ADD CONSTRAINT approval_pipeline_execution_id_execution_id_wait_id_key UNIQUE (pipeline_execution_id, execution_id, wait_id);

ALTER TABLE ONLY public.approval
    ADD CONSTRAINT approval_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_hash_key UNIQUE (hash);

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.lease
    ADD CONSTRAINT lease_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_id_key UNIQUE (id);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_workflow_id_run_id_sequence_key UNIQUE (workflow_id, run_id, sequence);

ALTER TABLE ONLY public.pipeline_execution_closure
    ADD CONSTRAINT pipeline_execution_closure_pkey PRIMARY KEY (parent_execution_id, child_execution_id);

ALTER TABLE ONLY public.pipeline_execution
    ADD CONSTRAINT pipeline_execution_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.pipeline_execution
    ADD CONSTRAINT pipeline_execution_workflow_id_run_id_key UNIQUE (workflow_id, run_id);

ALTER TABLE ONLY public.pipeline
    ADD CONSTRAINT pipeline_name_key UNIQUE (name);

ALTER TABLE ONLY public.pipeline
    ADD CONSTRAINT pipeline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.pipeline_type
    ADD CONSTRAINT pipeline_type_name_key UNIQUE (name);

ALTER TABLE ONLY public.pipeline_type
    ADD CONSTRAINT pipeline_type_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.pipeline_version
    ADD CONSTRAINT pipeline_version_pkey PRIMARY KEY (pipeline_id, version);

ALTER TABLE ONLY public.projection_execution
    ADD CONSTRAINT projection_execution_pkey PRIMARY KEY (execution_id);

ALTER TABLE ONLY public.projection
    ADD CONSTRAINT projection_pkey PRIMARY KEY (workflow_id, run_id);

ALTER TABLE ONLY public.projection_scan
    ADD CONSTRAINT projection_scan_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.retention
    ADD CONSTRAINT retention_pkey PRIMARY KEY (kind);

ALTER TABLE ONLY public.run_log
    ADD CONSTRAINT run_log_pkey PRIMARY KEY (pipeline_execution_id, sequence);

ALTER TABLE ONLY public.schema_migration
    ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.step_call
    ADD CONSTRAINT step_call_pipeline_execution_id_execution_id_call_id_key UNIQUE (pipeline_execution_id, execution_id, call_id);

ALTER TABLE ONLY public.step_call
    ADD CONSTRAINT step_call_pkey PRIMARY KEY (id);

CREATE INDEX approval_open ON public.approval USING btree (deadline) WHERE (decision IS NULL);

CREATE INDEX outbox_unpublished ON public.outbox USING btree ("position") WHERE (published_at IS NULL);

CREATE INDEX pipeline_execution_by_pipeline ON public.pipeline_execution USING btree (pipeline_id, start_date DESC, id DESC);

CREATE INDEX pipeline_execution_by_start ON public.pipeline_execution USING btree (tenant, start_date DESC, id DESC);

CREATE INDEX pipeline_execution_by_status ON public.pipeline_execution USING btree (status, start_date DESC, id DESC);

CREATE INDEX pipeline_execution_closure_by_child ON public.pipeline_execution_closure USING btree (child_execution_id, depth);

CREATE INDEX pipeline_execution_orphan ON public.pipeline_execution USING btree (parent_execution_id) WHERE ((parent_id IS NULL) AND (parent_execution_id IS NOT NULL));

CREATE INDEX projection_open ON public.projection USING btree (projected_at) WHERE ((NOT ended) OR behind);

CREATE TRIGGER audit_log_append_only BEFORE DELETE OR UPDATE ON public.audit_log FOR EACH ROW EXECUTE FUNCTION public.refuse_audit_change();

CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON public.audit_log FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_audit_change();

ALTER TABLE ONLY public.approval
    ADD CONSTRAINT approval_pipeline_execution_id_fkey FOREIGN KEY (pipeline_execution_id) REFERENCES public.pipeline_execution(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.pipeline_execution_closure
    ADD CONSTRAINT pipeline_execution_closure_child_execution_id_fkey FOREIGN KEY (child_execution_id) REFERENCES public.pipeline_execution(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.pipeline_execution_closure
    ADD CONSTRAINT pipeline_execution_closure_parent_execution_id_fkey FOREIGN KEY (parent_execution_id) REFERENCES public.pipeline_execution(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.pipeline_execution
    ADD CONSTRAINT pipeline_execution_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES public.pipeline_execution(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.pipeline_execution
    ADD CONSTRAINT pipeline_execution_pipeline_id_fkey FOREIGN KEY (pipeline_id) REFERENCES public.pipeline(id);

ALTER TABLE ONLY public.pipeline
    ADD CONSTRAINT pipeline_pipeline_type_id_fkey FOREIGN KEY (pipeline_type_id) REFERENCES public.pipeline_type(id);

ALTER TABLE ONLY public.pipeline_version
    ADD CONSTRAINT pipeline_version_pipeline_id_fkey FOREIGN KEY (pipeline_id) REFERENCES public.pipeline(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.projection_execution
    ADD CONSTRAINT projection_execution_workflow_id_run_id_fkey FOREIGN KEY (workflow_id, run_id) REFERENCES public.projection(workflow_id, run_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.run_log
    ADD CONSTRAINT run_log_pipeline_execution_id_fkey FOREIGN KEY (pipeline_execution_id) REFERENCES public.pipeline_execution(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.step_call
    ADD CONSTRAINT step_call_pipeline_execution_id_fkey FOREIGN KEY (pipeline_execution_id) REFERENCES public.pipeline_execution(id) ON DELETE CASCADE;
