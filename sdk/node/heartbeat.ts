import type { Context } from '@temporalio/activity';

/**
 * Heartbeats for a step while it works, so that a lost worker is noticed and a cancellation arrives, whether or not the step's author thought of it.
 * What the last heartbeat carried is repeated, also what an earlier attempt's did, so that the place to go on from is not lost.
 */
export function beatByItself(temporal: Context): { beat: (details: unknown) => void; stop: () => void } {
  const { heartbeatTimeoutMs: timeout } = temporal.info;
  let last = temporal.info.heartbeatDetails as unknown;
  if (timeout === undefined || timeout === 0) return { beat: () => undefined, stop: () => undefined };
  const timer = setInterval(() => temporal.heartbeat(last), timeout / 4);
  return {
    beat: (details) => {
      last = details;
      temporal.heartbeat(details);
    },
    stop: () => clearInterval(timer),
  };
}
