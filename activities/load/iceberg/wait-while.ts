import { setTimeout as wait } from 'node:timers/promises';
import type { StepContext } from '../../../sdk/node/index.js';

/** Looks until nothing is left to wait for, at first often. What it waits for stands in the heartbeats. */
export async function waitWhile(left: () => Promise<readonly string[]>, { heartbeat, signal }: Pick<StepContext, 'heartbeat' | 'signal'>): Promise<void> {
  for (let pause = 250; ; pause = Math.min(pause * 1.5, 3_000)) {
    const waitingFor = await left();
    if (waitingFor.length === 0) return;
    heartbeat({ waitingFor });
    await wait(pause, undefined, { signal });
  }
}
