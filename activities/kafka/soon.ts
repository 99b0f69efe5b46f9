import { setTimeout as wait } from 'node:timers/promises';

/** Milliseconds for which a step that is over waits for its cluster. */
const limit = 5_000;

/** Waits for work whose outcome the step does not need, and not for long: kafkajs asks a broker that hangs for minutes. What takes longer ends behind the step. */
export async function soon(work: Promise<unknown>): Promise<void> {
  await Promise.race([work.catch(() => undefined), wait(limit, undefined, { ref: false })]);
}

/** What work gives, or at once the signal's reason, of which kafkajs knows nothing: the work goes on behind the step. */
export function orAborted<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
