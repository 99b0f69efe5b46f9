import type { QualityReport } from '../../activities/quality/steps.js';
import { ApprovalExpired, approval, Declined, type Duration, type Flow } from '../../sdk/index.js';
import type { DataPipelineResult } from './result.js';

/** Asked when the quality is below the threshold. A pipeline that uses the gate declares it: `approvals: [acceptQuality]`. */
export const acceptQuality = approval('accept_quality', {
  question: 'The quality of the extracted data is below the threshold. Load it anyway?',
  within: '4 hours',
});

/** Why a run ends when nobody accepts poor quality (SPEC §4). */
export const belowThreshold = 'Quality below threshold';

const shownChecks = 50;

/** Whether the quality was good enough, or accepted, and by whom. */
export interface Passage {
  open: boolean;
  decision: DataPipelineResult['decision'];
}

/** The gate between extracting and loading: good enough quality passes, poor quality waits for people. */
export async function passGate(flow: Flow, quality: QualityReport, minimum: number, within: Duration | undefined): Promise<Passage> {
  if (quality.score >= minimum) return { open: true, decision: undefined };
  try {
    const { by, comment } = await flow.approve(acceptQuality, { evidence: evidence(quality, minimum), within });
    return { open: true, decision: { approved: true, by, comment } };
  } catch (error) {
    if (error instanceof ApprovalExpired) return { open: false, decision: undefined };
    if (error instanceof Declined) return { open: false, decision: { approved: false, by: error.by, comment: error.message } };
    throw error;
  }
}

/** What the approver needs to see. The rows that failed stay where they are: an approval's evidence is small. */
function evidence({ score, rows, checks }: QualityReport, minimum: number) {
  const failed = checks.filter(({ passed }) => !passed).slice(0, shownChecks);
  return { score, minimum, rows, failedChecks: failed.map(({ name, message, severity }) => ({ name, message: message.slice(0, 500), severity })) };
}
