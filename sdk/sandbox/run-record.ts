import { upsertMemo, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import {
  type EndRecord,
  evidenceKey,
  logKey,
  maximumLogLines,
  type RunMemo,
  runState,
  type SkipRecord,
  skipKey,
  type WaitRecord,
} from '../authoring/run-memo.js';
import { shorten } from '../authoring/shorten.js';
import type { Room } from './room.js';

/** Characters of a line that is written beside megabytes of others at one moment. */
const crowded = 200;

/** What a run writes of itself into its history beside its steps: one small memo, and its state for searches (DESIGN §3.2, §3.5). */
export class RunRecord {
  private memo = carried();
  private logLines = 0;
  private readonly shown = new Set<string>();

  constructor(private readonly room: Room) {}

  waiting(waits: WaitRecord[]): void {
    upsertSearchAttributes([{ key: runState, value: waits.length > 0 ? 'WAITING_FOR_APPROVAL' : 'RUNNING' }]);
    this.write({ waiting: waits.map(({ evidence: _, ...wait }) => wait) }, this.evidence(waits));
  }

  /** One event a step and nothing else, as with the log: a list of them would be written anew with each. */
  skipped({ reason, ...skip }: SkipRecord): void {
    upsertMemo({ [skipKey]: { ...skip, reason: this.fitting(reason) } });
  }

  /** Progress never falls, and a change of less than one in a hundred is not worth an event. */
  progress(fraction: number): void {
    const next = Math.min(1, Math.max(0, fraction));
    if (next - (this.memo.progress ?? 0) >= 0.01) this.write({ progress: next });
  }

  ignored(name: string, reason: string): void {
    const ignored = [...(this.memo.ignoredSignals ?? []), { name: shorten(name, 200), reason: shorten(reason, 1_000) }];
    this.write({ ignoredSignals: ignored.slice(-20) });
  }

  undo(undo: RunMemo['undo']): void {
    this.write({ undo });
  }

  ended({ state, reason }: EndRecord): void {
    upsertSearchAttributes([{ key: runState, value: state }]);
    this.write({ end: { state, reason: shorten(reason) }, waiting: [] });
  }

  /** One event a line and nothing else: the history keeps each. */
  log(line: string, records: number | undefined): void {
    this.logLines += 1;
    const message = this.fitting(line);
    if (this.logLines <= maximumLogLines) upsertMemo({ [logKey]: records === undefined ? { message } : { message, records } });
  }

  private fitting(text: string): string {
    const short = shorten(text);
    return this.room.takes(short.length) ? short : shorten(text, crowded);
  }

  /** The evidence of what is newly asked; that of what is asked no more is removed. */
  private evidence(waits: readonly WaitRecord[]): Record<string, unknown> {
    const open = new Map(waits.flatMap(({ id, evidence }) => (evidence === undefined ? [] : [[id, evidence] as const])));
    const fresh = [...open].filter(([id]) => !this.shown.has(id));
    const gone = [...this.shown].filter((id) => !open.has(id));
    for (const [id] of fresh) this.shown.add(id);
    for (const id of gone) this.shown.delete(id);
    return Object.fromEntries([...fresh, ...gone.map((id) => [id, null] as const)].map(([id, evidence]) => [evidenceKey(id), evidence]));
  }

  private write(change: RunMemo, beside: Record<string, unknown> = {}): void {
    this.memo = { ...this.memo, ...change };
    upsertMemo({ headrace: this.memo, ...beside });
  }
}

/** A run that continued as new is as far as it was before. */
function carried(): RunMemo {
  const { progress } = (workflowInfo().memo?.headrace ?? {}) as RunMemo;
  return progress === undefined ? {} : { progress };
}
