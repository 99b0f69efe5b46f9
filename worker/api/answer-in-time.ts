import type { MiddlewareHandler } from 'hono';
import { HeadraceError } from '../../sdk/authoring/errors.js';

/** Milliseconds: Temporal may be asked twice, and has ten seconds each time. */
const usual = 20_000;

/**
 * Answers every request within a time, whatever it waits for; a stream has to have begun. What it asked for may still be done.
 *
 * @throws HeadraceError no_answer
 */
export function answerInTime(within = usual): MiddlewareHandler {
  return async (_, next) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const tell = () => reject(new HeadraceError(`Temporal or the registry did not answer within ${within / 1_000} seconds.`, { code: 'no_answer' }));
      timer = setTimeout(tell, within);
    });
    await Promise.race([next(), late]).finally(() => clearTimeout(timer));
  };
}
