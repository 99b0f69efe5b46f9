import { setTimeout as wait } from 'node:timers/promises';
import { HeadraceError, RetryLater } from '../../sdk/index.js';

export interface Patience {
  /** Milliseconds for which a server that does not answer is asked again. */
  readonly limit: number;
  readonly signal: AbortSignal;
  /** Told once, when a server begins not to answer. */
  readonly onTrouble?: (error: HeadraceError) => void;
}

const firstWait = 250;
const longestWait = 5_000;

/** Asks again while the server cannot be reached or asks for patience: an engine that restarts costs no attempt of the step. @throws the last error */
export async function patiently<Result>({ limit, signal, onTrouble }: Patience, ask: () => Promise<Result>): Promise<Result> {
  const end = Date.now() + limit;
  for (let next = firstWait, told = false; ; next = Math.min(next * 2, longestWait)) {
    try {
      return await ask();
    } catch (error) {
      signal.throwIfAborted();
      const pause = pauseAfter(error, next);
      if (pause === undefined || Date.now() + pause > end) throw error;
      if (!told) onTrouble?.(error as HeadraceError);
      told = true;
      await wait(pause, undefined, { signal });
    }
  }
}

/** Milliseconds until asking again may help; undefined where it cannot. */
function pauseAfter(error: unknown, next: number): number | undefined {
  if (error instanceof RetryLater) return error.after;
  return error instanceof HeadraceError && error.code === 'unreachable' ? next : undefined;
}
