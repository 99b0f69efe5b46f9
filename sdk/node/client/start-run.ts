import { createHash, randomBytes } from 'node:crypto';
import type { WorkflowStartOptions } from '@temporalio/client';
import { type SearchAttributePair, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type * as z from 'zod';
import { HeadraceError } from '../../authoring/errors.js';
import { refuseOversize } from '../../authoring/payload-size.js';
import type { AnyPipeline, Pipeline } from '../../authoring/pipeline.js';
import { defaultTenant, runPipelineId, runState, runTenant, startedByKey, undoGrace, versionKey } from '../../authoring/run-memo.js';
import { parse } from '../../authoring/schema.js';
import { versionOf } from '../pipeline-content.js';
import { decode } from '../status/history-event.js';
import { describeRun } from '../status/read-run.js';
import { hashJson } from './hash-json.js';
import { refuseDeep } from './refuse-deep.js';
import type { Temporal } from './temporal.js';

/** How a run is started. */
export interface StartOptions {
  /** Chosen by Headrace unless given. */
  workflowId?: string;
  /** The same key with the same input starts one run only; with another input it is refused. */
  idempotencyKey?: string;
  /** Whose run it is; the tenant 'default' is that of runs that name none. */
  tenant?: string;
  /** Who starts it, as authentication knows them. */
  startedBy?: string;
}

/** What a start answers. */
export interface Started {
  workflowId: string;
  /** The first execution's. */
  runId: string;
}

/** A pipeline of any schemas. */
export type Startable = Pipeline<z.ZodType, z.ZodType> | AnyPipeline;

const bodyHash = 'headraceBody';

/**
 * Starts a run (DESIGN §3.4).
 *
 * @throws HeadraceError wrong_input, payload_too_large, idempotency_conflict, run_exists, search_attributes_missing or no_temporal
 */
export async function startRun(temporal: Temporal, pipeline: Startable, input: unknown, options: StartOptions): Promise<Started> {
  const where = `The input of pipeline ${pipeline.id}`;
  refuseDeep(input, where, 'wrong_input');
  const parsed = parse(pipeline.input, input, where, 'wrong_input');
  refuseOversize(parsed, where);
  const workflowId =
    options.workflowId ?? (options.idempotencyKey === undefined ? idByTime(pipeline.id) : idByKey(pipeline.id, options.idempotencyKey, tenantOf(options)));
  const hash = hashJson(input);
  const start = startOptions(temporal, pipeline, workflowId, options, parsed, hash);
  const runId = await begin(temporal, pipeline.id, start);
  if (options.idempotencyKey !== undefined) return matching(temporal, workflowId, hash);
  if (runId === undefined) throw new HeadraceError(`There is a run '${workflowId}' already.`, { code: 'run_exists', where: workflowId });
  return { workflowId, runId };
}

function startOptions(temporal: Temporal, pipeline: Startable, workflowId: string, options: StartOptions, input: unknown, hash: string): WorkflowStartOptions {
  const { id, maxDuration } = pipeline;
  const keyed = options.idempotencyKey !== undefined;
  return {
    workflowId,
    taskQueue: temporal.taskQueue,
    args: [input],
    memo: { [bodyHash]: hash, [versionKey]: versionOf(pipeline), ...(options.startedBy === undefined ? {} : { [startedByKey]: options.startedBy }) },
    typedSearchAttributes: attributes(id, tenantOf(options)),
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: keyed ? 'USE_EXISTING' : 'FAIL',
    // The run carries its own deadline: this is the backstop (DESIGN §5.4).
    ...(maxDuration === undefined ? {} : { workflowExecutionTimeout: maxDuration + undoGrace }),
  };
}

function tenantOf({ tenant }: StartOptions): string | undefined {
  return tenant === defaultTenant ? undefined : tenant;
}

function attributes(pipeline: string, tenant: string | undefined): SearchAttributePair[] {
  const always = [
    { key: runState, value: 'RUNNING' },
    { key: runPipelineId, value: pipeline },
  ];
  return tenant === undefined ? always : [...always, { key: runTenant, value: tenant }];
}

/** The run id, or undefined when there is a run of that id already. */
async function begin(temporal: Temporal, pipeline: string, options: WorkflowStartOptions): Promise<string | undefined> {
  try {
    const handle = await temporal.ask(({ workflow }) => workflow.start(pipeline, options));
    return handle.firstExecutionRunId;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
    throw error;
  }
}

/** The run that the key stands for, when it was started with this input. */
async function matching(temporal: Temporal, workflowId: string, hash: string): Promise<Started> {
  const { workflowExecutionInfo: info } = await describeRun(temporal, workflowId);
  if (decode(info?.memo?.fields?.[bodyHash]) !== hash) {
    throw new HeadraceError('This Idempotency-Key was used with another input.', { code: 'idempotency_conflict', where: workflowId });
  }
  return { workflowId, runId: info?.firstRunId || (info?.execution?.runId ?? '') };
}

function idByTime(pipeline: string): string {
  const time = new Date().toISOString().replaceAll(/[-:]/g, '');
  return `pipeline-${pipeline}-${time}-${randomBytes(2).toString('hex')}`;
}

function idByKey(pipeline: string, key: string, tenant: string | undefined): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([tenant ?? null, key]))
    .digest('hex');
  return `pipeline-${pipeline}-${hash.slice(0, 32)}`;
}
