import { ApprovalExpired, Declined } from './errors.js';

/** What a run returns to Temporal when an approval was declined or expired and its body did not catch that. */
export interface DeclinedResult {
  status: 'CANCELLED';
  reason: string;
  approval: string;
  declined: 'DECLINED' | 'EXPIRED';
  by?: string;
}

/** Whether a run returned that, and no output of its pipeline that has a field of the same name. */
export function isDeclined(result: unknown): result is DeclinedResult {
  const { status, declined, approval, reason } = (result ?? {}) as Partial<DeclinedResult>;
  return status === 'CANCELLED' && (declined === 'DECLINED' || declined === 'EXPIRED') && typeof approval === 'string' && typeof reason === 'string';
}

/** What who waits for the run is told. */
export function whyDeclined({ declined, approval, reason, by }: DeclinedResult): Declined | ApprovalExpired {
  return declined === 'DECLINED' ? new Declined(approval, reason, by) : new ApprovalExpired(approval, reason);
}
