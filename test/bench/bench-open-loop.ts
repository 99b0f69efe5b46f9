import { setTimeout as wait } from 'node:timers/promises';

/** Sends the request of a round, and says as what it counts. */
export type Sender = (round: number) => Promise<string>;

export interface Schedule {
  /** Milliseconds from one request to the next. */
  every: number;
  /** Each sender is called once in each. */
  rounds: number;
  /** Of these, the first that do not count. */
  warmUps: number;
}

/**
 * Sends at a constant rate, whether or not what was sent before is answered. A request's time begins when it was to be sent, so that a server which is slow now does not
 * get fewer requests for it.
 *
 * @returns milliseconds, by what the requests count as
 */
export async function openLoop(senders: readonly Sender[], { every, rounds, warmUps }: Schedule): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>();
  const began = performance.now();
  const send = async (round: number, turn: number) => {
    const due = began + (round * senders.length + turn) * every;
    await wait(Math.max(0, due - performance.now()));
    // Each one comes before and behind each other one.
    const name = await senders[(turn + round) % senders.length]?.(round);
    if (name !== undefined && round >= warmUps) times.set(name, [...(times.get(name) ?? []), performance.now() - due]);
  };
  await Promise.all(Array.from({ length: rounds * senders.length }, (_, number) => send(Math.floor(number / senders.length), number % senders.length)));
  return times;
}
