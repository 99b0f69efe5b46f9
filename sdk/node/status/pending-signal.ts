import type { AnyPipeline } from '../../authoring/pipeline.js';
import type { WaitRecord } from '../../authoring/run-memo.js';
import { jsonSchema } from '../json-schema.js';
import type { PendingSignal } from './run-status.js';

/** An approval that is waited for, with the form of its answer where the pipeline is known. */
export function pendingSignal({ id, approval, question, evidence, since, deadline }: WaitRecord, pipeline?: AnyPipeline): PendingSignal {
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
  };
}
