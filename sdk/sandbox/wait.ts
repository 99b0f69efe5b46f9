import type { AnyApproval } from '../authoring/approval.js';
import type { Decided } from '../authoring/decision.js';
import type { WaitRecord } from '../authoring/run-memo.js';

/** One ask of an approval, open until it has an outcome. Whoever sets the outcome first decides. */
export interface Wait {
  readonly asked: WaitRecord;
  readonly approval: AnyApproval;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  /** Those that counted while more were missing. */
  readonly approvals: Decided[];
  outcome?: Decided;
}
