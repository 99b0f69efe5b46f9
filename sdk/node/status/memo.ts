import { isEvidenceKey, logKey, type RunMemo, type SkipRecord, skipKey, withEvidence } from '../../authoring/run-memo.js';
import { decode, type HistoryEvent, iso, milliseconds } from './history-event.js';
import type { LogLine } from './run-status.js';

/** What a run wrote of itself, as it stands after the events taken. */
export class Memo {
  now: RunMemo = {};
  readonly logs: LogLine[] = [];
  /** The steps that were left out, each with the number of the event that says so. */
  readonly skips: { skip: SkipRecord; order: number; at: string }[] = [];
  /** The highest that the pipeline said, also before it continued as new. */
  progress: number | undefined;
  private readonly evidence = new Map<string, unknown>();

  /** Whether the event changed it. */
  take(event: HistoryEvent): boolean {
    const begun = decode(event.workflowExecutionStartedEventAttributes?.memo?.fields?.headrace) as RunMemo | undefined;
    // The waits and the end of the execution before are not this one's.
    if (begun !== undefined) this.keep({ progress: begun.progress });
    const fields = event.workflowPropertiesModifiedEventAttributes?.upsertedMemo?.fields ?? {};
    this.log(event, decode(fields[logKey]));
    this.skip(event, decode(fields[skipKey]));
    const written = decode(fields.headrace) as RunMemo | undefined;
    if (written === undefined) return false;
    for (const [key, payload] of Object.entries(fields)) if (isEvidenceKey(key)) this.evidence.set(key, decode(payload));
    this.keep({ ...written, waiting: withEvidence(written.waiting ?? [], (key) => this.evidence.get(key)) });
    return true;
  }

  private keep(memo: RunMemo): void {
    this.now = memo;
    if (memo.progress !== undefined) this.progress = Math.max(this.progress ?? 0, memo.progress);
  }

  private skip({ eventId, eventTime }: HistoryEvent, skip: unknown): void {
    if (typeof skip !== 'object' || skip === null) return;
    this.skips.push({ skip: skip as SkipRecord, order: Number(String(eventId)), at: iso(milliseconds(eventTime)) });
  }

  private log(event: HistoryEvent, line: unknown): void {
    if (typeof line !== 'object' || line === null) return;
    const { message, records } = line as { message?: unknown; records?: unknown };
    this.logs.push({ at: iso(milliseconds(event.eventTime)), message: String(message), ...(typeof records === 'number' ? { records } : {}) });
  }
}
