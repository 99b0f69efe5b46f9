/** The memo that a run writes (key `headrace`) and that status and projector read: the contract between both. */
export interface RunMemo {
  progress?: number;
  /** The approvals that are waited for; their evidence stands beside this memo (withEvidence). */
  waiting?: WaitRecord[];
  ignoredSignals?: { name: string; reason: string }[];
  undo?: 'RUNNING' | 'DONE' | 'FAILED';
  end?: EndRecord;
}

export interface WaitRecord {
  /** `approval#n`. */
  id: string;
  approval: string;
  question: string;
  evidence?: unknown;
  /** ISO 8601, UTC. */
  since: string;
  /** ISO 8601, UTC. */
  deadline: string;
  /** How many people must approve, where it is more than one. */
  required?: number;
  /** Who may decide, where not everybody. */
  roles?: readonly string[];
  /** Where whoever started the run may not. */
  notStarter?: true;
}

/** Whether it matters who decides: a raw signal, which nobody vouches for, then decides nothing. */
export function asksWho({ required, roles, notStarter }: Pick<WaitRecord, 'required' | 'roles' | 'notStarter'>): boolean {
  return (required ?? 1) > 1 || (roles ?? []).length > 0 || notStarter === true;
}

export interface SkipRecord {
  step: string;
  reason: string;
}

/** The memo's keys beside `headrace`: a line of flow.log and a step that was left out, each one event, and the evidence of what is asked. */
export const logKey = 'headraceLog';
export const skipKey = 'headraceSkip';
const evidencePrefix = 'headraceEvidence:';

/** Where the evidence of an ask is: written once, since the memo itself is written anew at every change. */
export function evidenceKey(wait: string): string {
  return `${evidencePrefix}${wait}`;
}

/** Whether a key of the memo holds evidence. */
export function isEvidenceKey(key: string): boolean {
  return key.startsWith(evidencePrefix);
}

/** What is waited for, with its evidence. */
export function withEvidence(waits: readonly WaitRecord[], read: (key: string) => unknown): WaitRecord[] {
  return waits.map((wait) => {
    const evidence = wait.evidence ?? read(evidenceKey(wait.id));
    return evidence == null ? wait : { ...wait, evidence };
  });
}

/** How a run that did not succeed ended. */
export interface EndRecord {
  state: 'FAILED' | 'CANCELLED' | 'ROLLED_BACK' | 'TIMED_OUT';
  reason: string;
}

/** Lines of flow.log that are kept in a run's history. */
export const maximumLogLines = 1_000;

/** A search attribute's key, in the form that Temporal's clients and sandbox both take. */
const keyword = (name: string) => ({ name, type: 'KEYWORD' as const });

export const runState = keyword('HeadraceState');
export const runTenant = keyword('HeadraceTenant');
export const runPipelineId = keyword('HeadracePipeline');
export const runPartition = keyword('HeadracePartition');

/** The tenant of a run that names none. */
export const defaultTenant = 'default';

/** The search attributes that the namespace must know (DESIGN §3.5). */
export const searchAttributes = [runState, runTenant, runPipelineId, runPartition];

/** The memo's key under which a run that continued as new keeps the run id of its first execution. */
export const firstRun = 'headraceRun';

/** The memo's key under which a start says the version of the pipeline that it meant. */
export const versionKey = 'headraceVersion';

/** The memo's key under which a run hands its deadline to its children and to its next execution, in milliseconds since the epoch. */
export const deadlineKey = 'headraceDeadline';

/** The memo's key under which a run, and each that it starts, keeps who started it: only where authentication knows them. */
export const startedByKey = 'headraceStartedBy';

/** What a step's summary says of its place in the run, for people in Temporal's UI and for status: `load`, `undo`. */
export interface StepPlace {
  phase?: string;
  undo?: boolean;
  notification?: boolean;
}

/** A place as a step's summary. */
export function summarize(place: StepPlace): string | undefined {
  if (place.undo === true) return 'undo';
  if (place.notification === true) return 'notification';
  return place.phase === undefined ? undefined : `phase ${place.phase}`;
}

/** The place that a step's summary stands for. */
export function readSummary(summary: string | undefined): StepPlace {
  if (summary === 'undo') return { undo: true };
  if (summary === 'notification') return { notification: true };
  return summary?.startsWith('phase ') === true ? { phase: summary.slice(6) } : {};
}

/** How long undo may take after the run's deadline before Temporal's own time-out, the backstop, ends the run. */
export const undoGrace = 12 * 3_600_000;
