import * as z from 'zod';
import { runStates } from '../../sdk/node/status/run-status.js';
import { ApprovalOutcome, CostShape, ListedRunShape, PendingSignal, StatusErrorShape, time } from './run-shape.js';

const milliseconds = z.number().int().min(0);

/** A run in the registry's lists. */
export const RecordedRunShape = ListedRunShape.extend({
  trigger: z.string().meta({ examples: ['client', 'schedule', 'parent', 'temporal'] }),
  parent: z.string().optional().meta({ description: 'The workflow id of the run that started it' }),
  startedBy: z.string().optional(),
  durationMs: milliseconds.optional(),
  retries: z.number().int(),
  rows: z.number().optional(),
  undo: z.string().optional(),
  reason: z.string().optional(),
  error: StatusErrorShape.optional(),
}).meta({ id: 'RecordedRun' });

/** A run in a history: with its output. */
export const PastRunShape = RecordedRunShape.extend({
  output: z.unknown().optional(),
  outputLeftOut: z.literal(true).optional().meta({ description: "It is large: the run's own route has it" }),
}).meta({ id: 'PastRun' });

const FailedAttempt = z.object({ attempt: z.number().int(), at: time, error: StatusErrorShape.optional(), nextAttemptAt: time.optional() });

/** A call of a step with its bar in a Gantt chart: `offsetMs` after the run's begin, `durationMs` long, to now while it has none. */
export const CallShape = z
  .object({
    callId: z.string(),
    executionId: z.string(),
    step: z.string(),
    status: z.string(),
    attempts: z.number().int(),
    failedAttempts: z.array(FailedAttempt).meta({ description: 'Those that were repeated, as workers told of them' }),
    startedAt: time,
    endedAt: time.optional(),
    offsetMs: z.number().int(),
    durationMs: milliseconds.optional(),
    duration: z.string().optional(),
    engine: z.string().optional(),
    engineId: z.string().optional(),
    link: z.string().optional(),
    rows: z.number().optional(),
    bytes: z.number().optional(),
    cost: CostShape.optional(),
    phase: z.string().optional(),
    undo: z.literal(true).optional(),
    notification: z.literal(true).optional(),
    fast: z.literal(true).optional(),
    error: StatusErrorShape.optional(),
    reason: z.string().optional(),
  })
  .meta({ id: 'Call' });

/** A run above or below another. */
export const RelatedRunShape = RecordedRunShape.extend({ depth: z.number().int().min(1) }).meta({ id: 'RelatedRun' });

export const LogShape = z.object({ sequence: z.number().int(), at: time, message: z.string(), records: z.number().optional() }).meta({ id: 'LogLine' });

const Sums = z.object({
  calls: z.number().int(),
  completed: z.number().int(),
  failed: z.number().int(),
  skipped: z.number().int(),
  retries: z.number().int(),
  rows: z.number().optional(),
  bytes: z.number().optional(),
  durationMs: milliseconds.meta({ description: 'Of all calls, one after another' }),
});

/** A run as the registry has it. */
export const RunDetailShape = RecordedRunShape.extend({
  status: z.enum(runStates),
  input: z.unknown().optional(),
  output: z.unknown().optional(),
  inserts: z.number().optional(),
  updates: z.number().optional(),
  softDeletes: z.number().optional(),
  watermark: z.string().optional(),
  calls: z.array(CallShape).meta({ description: 'The first of them' }),
  callsCursor: z.string().optional().meta({ description: 'For …/calls, where there are more' }),
  children: z.array(RelatedRunShape).meta({ description: 'The first runs that it started itself' }),
  childrenCursor: z.string().optional().meta({ description: 'For …/children, where there are more' }),
  ancestors: z.array(RelatedRunShape).meta({ description: 'The run that started it, and so on upwards' }),
  approvals: z.array(ApprovalOutcome),
  waiting: z.array(PendingSignal),
  executions: z.array(z.string()).meta({ description: "Temporal's run ids, the first one first: more than one after continue-as-new or reset" }),
  sums: Sums,
  record: z
    .object({ readAt: time, behind: z.boolean(), problem: z.string().optional() })
    .meta({ description: 'When the run was last read into the record, and whether something is known to be missing' }),
}).meta({ id: 'RunDetail' });
