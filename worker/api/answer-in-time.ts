import type { MiddlewareHandler } from 'hono';
import { inTime } from '../registry/in-time.js';

/** Milliseconds: Temporal may be asked twice, and has ten seconds each time. */
const usual = 20_000;

/**
 * Answers every request within a time, whatever it waits for; a stream has to have begun. What it asked for may still be done.
 *
 * @throws HeadraceError no_answer
 */
export function answerInTime(within = usual): MiddlewareHandler {
  return async (_, next) => {
    await inTime(next(), within, { who: 'Temporal or the registry', code: 'no_answer' });
  };
}
