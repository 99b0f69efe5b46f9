import { upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import { type EndRecord, maximumLogLines, type RunMemo, runState, type SkipRecord, type WaitRecord } from '../authoring/run-memo.js';

/** What a run writes of itself into its history beside its steps: one small memo, and its state for searches (DESIGN §3.2, §3.5). */
export class RunRecord {
  private memo: RunMemo = {};
  private logLines = 0;

  waiting(waits: WaitRecord[]): void {
    upsertSearchAttributes([{ key: runState, value: waits.length > 0 ? 'WAITING_FOR_APPROVAL' : 'RUNNING' }]);
    this.write({ waiting: waits });
  }

  skipped(skip: SkipRecord): void {
    this.write({ skipped: [...(this.memo.skipped ?? []), skip] });
  }

  /** Progress never falls, and a change of less than one in a hundred is not worth an event. */
  progress(fraction: number): void {
    const next = Math.min(1, Math.max(0, fraction));
    if (next - (this.memo.progress ?? 0) >= 0.01) this.write({ progress: next });
  }

  ignored(signal: string, reason: string): void {
    const ignored = [...(this.memo.ignoredSignals ?? []), { name: signal, reason }];
    this.write({ ignoredSignals: ignored.slice(-20) });
  }

  undo(undo: RunMemo['undo']): void {
    this.write({ undo });
  }

  ended(end: EndRecord): void {
    upsertSearchAttributes([{ key: runState, value: end.state }]);
    this.write({ end, waiting: [] });
  }

  /** One event a line and nothing else: the history keeps each. */
  log(message: string, records: number | undefined): void {
    this.logLines += 1;
    if (this.logLines <= maximumLogLines) upsertMemo({ headraceLog: records === undefined ? { message } : { message, records } });
  }

  private write(change: RunMemo): void {
    this.memo = { ...this.memo, ...change };
    upsertMemo({ headrace: this.memo });
  }
}
