import type { EndState } from './flow.js';

/** How a run ended that closed normally in Temporal, and was not declined. */
export type NormalEnd = EndState | 'SUCCEEDED';

/** In the result of a run whose output says another end by its `status`, or none. */
const mark = 'headraceState';

/**
 * A run's output as it is returned to Temporal. The result is all that a parent is told of a run's end, and flow.end's output says it by its `status`.
 * An output that happens to use the same word, and one whose schema drops it, have the state beside.
 */
export function resultOf(output: unknown, state: NormalEnd): unknown {
  if (said(output) === state || !isObject(output)) return output;
  return { ...output, [mark]: state };
}

/** The end and the output that a result tells. */
export function readResult(result: unknown): { state: NormalEnd; output: unknown } {
  if (!isObject(result) || !isNormalEnd(result[mark])) return { state: said(result), output: result };
  const { [mark]: state, ...output } = result;
  return { state, output };
}

function said(output: unknown): NormalEnd {
  const status = isObject(output) ? output.status : undefined;
  return isNormalEnd(status) ? status : 'SUCCEEDED';
}

function isNormalEnd(word: unknown): word is NormalEnd {
  return word === 'SUCCEEDED' || word === 'CANCELLED' || word === 'ROLLED_BACK';
}

function isObject(value: unknown): value is { [mark]?: unknown; status?: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
