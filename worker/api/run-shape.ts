import * as z from 'zod';
import { Cost } from '../../sdk/authoring/cost.js';
import { runStates } from '../../sdk/node/status/run-status.js';

export const time = z.string().meta({ format: 'date-time', description: 'ISO 8601, UTC' });

export const StatusErrorShape = z.object({
  type: z.string(),
  message: z.string(),
  code: z.string().optional(),
  fix: z.string().optional(),
  where: z.string().optional(),
});

/** What a step's work took. */
export const CostShape = Cost.meta({ id: 'Cost', description: 'What the engine says that the work took; what it does not tell is left out' });

const Activity = z.object({
  name: z.string(),
  status: z.enum(['SCHEDULED', 'RUNNING', 'RETRYING', 'COMPLETED', 'FAILED', 'TIMED_OUT', 'CANCELLED', 'SKIPPED', 'ABANDONED']),
  startedAt: time,
  duration: z
    .string()
    .optional()
    .meta({ examples: ['5m 23s'] }),
  callId: z.string().optional(),
  attempt: z.number().int().optional(),
  nextAttemptAt: time.optional(),
  phase: z.string().optional(),
  undo: z.literal(true).optional(),
  notification: z.literal(true).optional(),
  fast: z.literal(true).optional(),
  rows: z.number().optional(),
  engine: z
    .object({ name: z.string().optional(), id: z.string().optional(), link: z.string().optional() })
    .optional()
    .meta({ description: 'Where its work is done, on a system elsewhere' }),
  cost: CostShape.optional(),
  working: z.unknown().optional().meta({ description: "How far that work says that it is, in the system's own words" }),
  error: StatusErrorShape.optional(),
  reason: z.string().optional(),
});

/** Who may decide. */
export const WhoMay = z.object({
  required: z.number().int().optional().meta({ description: 'How many people must approve, where it is more than one' }),
  roles: z.array(z.string()).readonly().optional().meta({ description: 'Who may decide, where not everybody' }),
  notStarter: z.literal(true).optional().meta({ description: 'Whoever started the run may not' }),
});

/** One of several people who must approve. */
const ApprovedByShape = z.object({
  by: z.string().optional(),
  at: time,
  decisionId: z.string().optional(),
  answer: z.unknown().optional(),
  comment: z.string().optional(),
  missing: z.number().int().optional(),
});

/** An approval that a run waits for. */
export const PendingSignal = z
  .object({
    name: z.string(),
    id: z.string(),
    question: z.string(),
    evidence: z.unknown().optional(),
    since: time,
    deadline: time,
    schema: z.unknown().optional().meta({ description: 'JSON Schema of the answer' }),
    missing: z.number().int().optional().meta({ description: 'How many of them have not' }),
    approved: z.array(ApprovedByShape).optional().meta({ description: 'Who has, where several must' }),
    ...WhoMay.shape,
  })
  .meta({ id: 'PendingSignal' });

/** An approval that has its outcome. */
export const ApprovalOutcome = z
  .object({
    id: z.string(),
    approval: z.string(),
    decision: z.enum(['approve', 'decline', 'expired', 'withdrawn']),
    at: time,
    decisionId: z.string().optional(),
    answer: z.unknown().optional(),
    comment: z.string().optional(),
    by: z.string().optional(),
    question: z.string().optional(),
    since: time.optional(),
    approved: z.array(ApprovedByShape).optional(),
  })
  .meta({ id: 'ApprovalOutcome' });

const Child = z.object({
  name: z.string(),
  workflowId: z.string(),
  runId: z.string().optional(),
  status: z.enum(['STARTING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'ROLLED_BACK', 'TIMED_OUT', 'TERMINATED']),
  startedAt: time,
  duration: z.string().optional(),
  error: StatusErrorShape.optional(),
});

/** A run's status in SPEC §6's shape, with further fields. */
export const RunStatusShape = z
  .object({
    workflowId: z.string(),
    runId: z.string(),
    status: z.enum(runStates),
    startedAt: time,
    currentActivity: z.string().nullable(),
    progress: z.number().min(0).max(1),
    activities: z.array(Activity),
    retries: z.number().int(),
    pendingSignals: z.array(PendingSignal),
    pipeline: z.string(),
    taskQueue: z.string(),
    endedAt: time.optional(),
    duration: z.string().optional(),
    output: z.unknown().optional(),
    error: StatusErrorShape.optional(),
    reason: z.string().optional(),
    cancelRequested: z.literal(true).optional(),
    undo: z.enum(['NONE', 'RUNNING', 'DONE', 'FAILED', 'UNCOMPENSATED']),
    problem: z.string().optional().meta({ description: 'Why it does not move although nothing is wrong with its steps' }),
    approvals: z.array(ApprovalOutcome),
    ignoredSignals: z.array(z.object({ name: z.string(), reason: z.string() })),
    children: z.array(Child),
    logs: z.array(z.object({ at: time, message: z.string(), records: z.number().optional() })),
  })
  .meta({ id: 'RunStatus' });

/** A run in a list. */
export const ListedRunShape = z
  .object({
    workflowId: z.string(),
    runId: z.string(),
    pipeline: z.string(),
    status: z.enum(runStates),
    partition: z.string().optional(),
    startedAt: time,
    endedAt: time.optional(),
    duration: z.string().optional(),
    waiting: z.array(PendingSignal),
  })
  .meta({ id: 'ListedRun' });
