import type { Cost } from '../../../sdk/index.js';
import type { DoneOn } from '../done-on.js';

/** One answer of Trino's protocol, and what trino-client's type of it leaves out. */
export interface Page {
  readonly id: string;
  readonly infoUri?: string;
  readonly nextUri?: string;
  readonly columns?: { readonly name: string; readonly type: string }[];
  readonly data?: unknown[][];
  readonly stats?: Stats;
  /** What a statement that is no query did, such as INSERT, and to how many rows. */
  readonly updateType?: string;
  readonly updateCount?: number;
  readonly error?: StatementError;
}

export interface Stats {
  readonly state: string;
  readonly processedRows: number;
  readonly processedBytes: number;
  readonly cpuTimeMillis?: number;
  readonly elapsedTimeMillis?: number;
  readonly peakMemoryBytes?: number;
  readonly physicalInputBytes?: number;
  readonly physicalWrittenBytes?: number;
  readonly completedSplits: number;
  readonly totalSplits: number;
}

export interface StatementError {
  readonly message: string;
  readonly errorName: string;
  readonly errorType: string;
  readonly failureInfo?: FailureInfo | undefined;
}

/** Why, from the outermost exception to the innermost. */
export interface FailureInfo {
  readonly message?: string;
  readonly cause?: FailureInfo;
}

/** What a statement changed; the count is unknown where only its end was seen. */
export interface Changed {
  readonly rows: number | undefined;
  readonly bytes: number;
}

/** How far a statement is, for heartbeats. */
export interface Progress {
  readonly state: string;
  readonly rows: number;
  readonly bytes: number;
  readonly splits: string;
}

/** Which statement it is, as a step's output and its heartbeats name it. */
export function doneOn({ id, infoUri }: Page): DoneOn {
  return { name: 'Trino', id, ...(infoUri === undefined ? {} : { link: infoUri }) };
}

/** What a statement that is over wrote; a connector that does not say so gives what was processed. */
export function changedBy({ updateCount, stats }: Page): Changed {
  return { rows: updateCount, bytes: stats?.physicalWrittenBytes || stats?.processedBytes || 0 };
}

/** What a statement has taken so far. Trino gives 0 for what a connector does not count: that is left out. */
export function costOf({ cpuTimeMillis = 0, elapsedTimeMillis = 0, peakMemoryBytes, processedRows, physicalInputBytes, physicalWrittenBytes }: Stats): Cost {
  const told: Cost = {
    cpuSeconds: cpuTimeMillis / 1_000,
    wallSeconds: elapsedTimeMillis / 1_000,
    peakMemoryBytes,
    scannedRows: processedRows,
    scannedBytes: physicalInputBytes,
    writtenBytes: physicalWrittenBytes,
  };
  return Object.fromEntries(Object.entries(told).filter(([, figure]) => figure > 0));
}

export function progressOf({ state, processedRows, processedBytes, completedSplits, totalSplits }: Stats): Progress {
  return { state, rows: processedRows, bytes: processedBytes, splits: `${completedSplits}/${totalSplits}` };
}
