import * as z from 'zod';
import { Cost } from '../../sdk/authoring/cost.js';
import { runStates } from '../../sdk/node/status/run-status.js';

const time = z.string().meta({ format: 'date-time', description: 'ISO 8601, UTC' });
const milliseconds = z.number().int().min(0);

const ErrorData = z.object({ type: z.string(), message: z.string(), code: z.string().optional(), fix: z.string().optional(), where: z.string().optional() });

/** Whose event it is: in every event's data. */
const Run = z.object({
  workflowId: z.string(),
  runId: z.string().meta({ description: "The run's first execution: continue-as-new and reset keep it" }),
  executionId: z.string().meta({ description: "Temporal's run id of the execution that it happened in" }),
  sequence: z.number().int().min(1).optional().meta({ description: 'Contiguous within the run, from 1; left out of what is live only' }),
});

const Step = Run.extend({
  step: z.string(),
  callId: z.string(),
  attempt: z.number().int().min(1),
  phase: z.string().optional(),
  undo: z.literal(true).optional(),
  notification: z.literal(true).optional(),
});

const StepEnd = Step.extend({ durationMs: milliseconds, rows: z.number().optional(), bytes: z.number().optional(), cost: Cost.optional() });

const Asked = Run.extend({
  wait: z.string().meta({ description: 'approval#n' }),
  approval: z.string(),
  question: z.string(),
  evidenceDigest: z.string().meta({ description: 'SHA-256 of the evidence that was shown' }),
});

const Decided = Asked.extend({
  decision: z.enum(['approve', 'decline', 'expired']).meta({ description: 'expired: nobody decided in time, which declines' }),
  decidedAt: time,
  decisionId: z.string().optional(),
  by: z.string().optional(),
  comment: z.string().optional(),
});

const End = Run.extend({
  status: z.enum(runStates),
  durationMs: milliseconds,
  rows: z.number().optional(),
  undo: z.enum(['NONE', 'RUNNING', 'DONE', 'FAILED', 'UNCOMPENSATED']),
  reason: z.string().optional(),
  error: ErrorData.optional(),
});

/** What each kind of event carries (SPEC §6). */
export const eventData = {
  PIPELINE_STARTED: Run.extend({
    trigger: z.string(),
    taskQueue: z.string(),
    partition: z.string().optional(),
    parent: z.object({ workflowId: z.string(), executionId: z.string() }).optional(),
  }),
  PIPELINE_STEP_COMPLETED: StepEnd,
  PIPELINE_STEP_FAILED: StepEnd.extend({ error: ErrorData.optional() }),
  PIPELINE_STEP_SKIPPED: Run.extend({ step: z.string(), reason: z.string() }),
  PIPELINE_WAITING_FOR_APPROVAL: Asked.extend({ deadline: time }),
  PIPELINE_APPROVED: Decided,
  PIPELINE_DECLINED: Decided,
  PIPELINE_SUCCEEDED: End,
  PIPELINE_FAILED: End,
  PIPELINE_CANCELLED: End,
  PIPELINE_ROLLED_BACK: End,
  PIPELINE_TIMED_OUT: End,
  PIPELINE_TERMINATED: End,
  PIPELINE_RETRYING: Step.extend({ live: z.literal(true), error: ErrorData.optional(), nextAttemptAt: time.optional() }),
} as const;

export type EventKind = keyof typeof eventData;
export type ErrorData = z.output<typeof ErrorData>;

export const eventKinds = Object.keys(eventData) as EventKind[];

/** The kinds that tell a run's end: its last event, unless it is reset. */
export const endKinds: readonly EventKind[] = eventKinds.filter((kind) => eventData[kind] === End);

/** CloudEvents 1.0 with extension attributes, which are lower case and flat by its rules. */
const Envelope = z.object({
  specversion: z.literal('1.0'),
  id: z.string().meta({ description: 'Stable: a duplicate carries the same' }),
  source: z.string(),
  subject: z.string().meta({ description: 'The workflow id, which is the Kafka key too' }),
  time,
  datacontenttype: z.literal('application/json'),
  dataschema: z.string(),
  tenant: z.string(),
  pipeline: z.string(),
  pipelineversion: z.string().optional(),
  run: z.string(),
  call: z.string().optional(),
  attempt: z.number().int().optional(),
  rows: z.number().optional(),
  duration: z.number().int().optional().meta({ description: 'Milliseconds' }),
  sequence: z.string().optional().meta({ description: "The number as text, after CloudEvents' sequence extension" }),
  sequencetype: z.literal('Integer').optional(),
});

/** An event as it is stored and published. */
export interface PipelineEvent extends z.output<typeof Envelope> {
  type: EventKind;
  data: Record<string, unknown> & { workflowId: string; runId: string; executionId: string; sequence?: number };
}

/** The schema of one kind of event. */
export function eventSchema(kind: EventKind): z.ZodType {
  return Envelope.extend({ type: z.literal(kind), data: eventData[kind] });
}

/** The `$id` of the JSON Schema of one kind of event, which is the event's `dataschema`. */
export function schemaId(kind: EventKind): string {
  return `urn:headrace:event:${kind}:1`;
}

/** The JSON Schema of every event, by its kind: what consumers in other languages validate with. */
export function eventSchemas(): Record<EventKind, Record<string, unknown>> {
  const entries = eventKinds.map((kind) => [kind, { $id: schemaId(kind), ...z.toJSONSchema(eventSchema(kind), { io: 'input' }) }]);
  return Object.fromEntries(entries) as Record<EventKind, Record<string, unknown>>;
}
