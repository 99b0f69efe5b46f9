const queues = new Map<string, Promise<unknown>>();

/** Does one piece of work of a name at a time in this process, in the order in which they ask. Rejects when the step is told to stop while it waits. */
export function inTurn<Result>(name: string, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  const before = queues.get(name) ?? Promise.resolve();
  const turn = myTurn(before, signal).then(work);
  // One that gave up waiting lets nobody past those who are before it.
  const after = Promise.allSettled([before, turn]);
  queues.set(name, after);
  void after.then(() => {
    if (queues.get(name) === after) queues.delete(name);
  });
  return turn;
}

function myTurn(before: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    const go = () => {
      signal.removeEventListener('abort', stop);
      resolve();
    };
    void before.then(go, go);
  });
}
