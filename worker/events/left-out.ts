import type { Happening } from './happening.js';
import type { ErrorData } from './kinds.js';

const instead = 'Left out, since what runs carry is encrypted: the status of the run has it.';

/** A happening without what people and programs wrote into it: where payloads are encrypted, events carry none of it in plain. */
export function withoutTexts({ data, ...happening }: Happening): Happening {
  const { error, reason, comment: _, ...rest } = data;
  // Why a step was left out is there in every event of it, which its readers rely on.
  const why = happening.kind === 'PIPELINE_STEP_SKIPPED' && reason !== undefined ? { reason: instead } : {};
  return { ...happening, data: { ...rest, ...why, ...(error === undefined ? {} : { error: errorWithoutText(error as ErrorData) }) } };
}

/** Which error it was, and not what it said. */
export function errorWithoutText({ type, code }: ErrorData): ErrorData {
  return { type, message: instead, ...(code === undefined ? {} : { code }) };
}
