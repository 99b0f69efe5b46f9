import type { AnyPipeline } from '../../authoring/pipeline.js';
import type { WaitRecord } from '../../authoring/run-memo.js';
import { jsonSchema } from '../json-schema.js';
import type { ApprovedBy, PendingSignal } from './run-status.js';

/**
 * An approval that is waited for, with the form of its answer where the pipeline is known.
 *
 * @param approved who has approved, where several must
 */
export function pendingSignal(wait: WaitRecord, pipeline?: AnyPipeline, approved: readonly ApprovedBy[] = []): PendingSignal {
  const { id, approval, question, evidence, since, deadline, required, roles, notStarter } = wait;
  const declared = pipeline?.approvals.find((it) => it.id === approval);
  const schema = declared === undefined ? undefined : jsonSchema(declared.answer);
  return {
    name: approval,
    id,
    question,
    ...(evidence === undefined ? {} : { evidence }),
    since,
    deadline,
    ...(schema === undefined ? {} : { schema }),
    ...(required === undefined ? {} : { required, missing: required - approved.length, approved: [...approved] }),
    ...(roles === undefined ? {} : { roles }),
    ...(notStarter === undefined ? {} : { notStarter }),
  };
}
