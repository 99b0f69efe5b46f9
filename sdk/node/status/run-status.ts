import type { Cost } from '../../authoring/cost.js';
import type { Decided } from '../../authoring/decision.js';

/** The states of a run (SPEC §6). */
export const runStates = ['RUNNING', 'RETRYING', 'WAITING_FOR_APPROVAL', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'ROLLED_BACK', 'TIMED_OUT', 'TERMINATED'] as const;

/** A state of a run. */
export type RunStateName = (typeof runStates)[number];

/** How a call of a step stands. RETRYING waits for its next attempt; ABANDONED was open when its run ended. */
export type CallStatus = 'SCHEDULED' | 'RUNNING' | 'RETRYING' | 'COMPLETED' | 'FAILED' | 'TIMED_OUT' | 'CANCELLED' | 'SKIPPED' | 'ABANDONED';

/** What went wrong, with the fix where it is known. */
export interface StatusError {
  type: string;
  message: string;
  code?: string;
  fix?: string;
  where?: string;
}

/** One call of a step, or a step that was left out. Times are ISO 8601, UTC. */
export interface ActivityStatus {
  name: string;
  status: CallStatus;
  /** When the run called it. */
  startedAt: string;
  /** From the call to its end, waits between attempts included: '5m 23s'. */
  duration?: string;
  /** `step#n`; a step that was left out has none. */
  callId?: string;
  /** Over all schedules of the call: a lost worker's attempts count too. */
  attempt?: number;
  nextAttemptAt?: string;
  phase?: string;
  undo?: true;
  notification?: true;
  /** A local activity. */
  fast?: true;
  /** What the output says under `rows`. */
  rows?: number;
  /** Where its work is done, on a system elsewhere: the id that it has there, and where a person sees it. */
  engine?: { name?: string; id?: string; link?: string };
  /** What that work took, as its output tells. */
  cost?: Cost;
  /** How far that work says that it is, in the system's own words. */
  working?: unknown;
  /** Of the last attempt that failed. */
  error?: StatusError;
  /** Why it was left out. */
  reason?: string;
}

/** An approval that the run waits for. */
export interface PendingSignal {
  /** The approval's id, which a decision names. */
  name: string;
  /** `approval#n`: this ask of it. */
  id: string;
  question: string;
  evidence?: unknown;
  since: string;
  deadline: string;
  /** The JSON schema of the answer, where the pipeline is known and the approval takes one. */
  schema?: unknown;
  /** How many people must approve, where it is more than one. */
  required?: number;
  /** How many of them have not. */
  missing?: number;
  /** Who has, where several must. */
  approved?: ApprovedBy[];
  /** Who may decide, where not everybody. */
  roles?: readonly string[];
  /** Whoever started the run may not. */
  notStarter?: true;
}

/** One of several people who must approve. */
export type ApprovedBy = Pick<Decided, 'by' | 'at' | 'decisionId' | 'answer' | 'comment' | 'missing'>;

/** An approval that has its outcome. WITHDRAWN: the run ended otherwise while it waited. */
export interface ApprovalOutcome extends Omit<Decided, 'decision' | 'wait'> {
  /** `approval#n`. */
  id: string;
  decision: Decided['decision'] | 'withdrawn';
  question?: string;
  since?: string;
  /** Who approved before, where several must. */
  approved?: ApprovedBy[];
}

/** A pipeline that the run started as a child. */
export interface ChildStatus {
  name: string;
  workflowId: string;
  runId?: string;
  status: 'STARTING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'ROLLED_BACK' | 'TIMED_OUT' | 'TERMINATED';
  startedAt: string;
  duration?: string;
  error?: StatusError;
}

/** A line of flow.log. */
export interface LogLine {
  at: string;
  message: string;
  records?: number;
}

/** A run at this moment, in the shape of SPEC §6 and with further fields below it. */
export interface RunStatus {
  workflowId: string;
  /** The first execution's: continue-as-new and reset keep it. */
  runId: string;
  status: RunStateName;
  startedAt: string;
  /** The step that has been running longest, or null. */
  currentActivity: string | null;
  /** 0 to 1; never falls, and is 1 only when the run has succeeded. */
  progress: number;
  activities: ActivityStatus[];
  /** Attempts beyond the first, over all calls, also of the executions before it continued as new. */
  retries: number;
  pendingSignals: PendingSignal[];

  pipeline: string;
  taskQueue: string;
  endedAt?: string;
  duration?: string;
  output?: unknown;
  error?: StatusError;
  /** Why the run ended without success. */
  reason?: string;
  cancelRequested?: true;
  /** UNCOMPENSATED: Temporal ended the run (terminate, its time-out) and what its steps did stands. */
  undo: 'NONE' | 'RUNNING' | 'DONE' | 'FAILED' | 'UNCOMPENSATED';
  /** Why the run does not move although nothing is wrong with its steps. */
  problem?: string;
  approvals: ApprovalOutcome[];
  ignoredSignals: { name: string; reason: string }[];
  children: ChildStatus[];
  logs: LogLine[];
}
