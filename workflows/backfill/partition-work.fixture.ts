import { ValidationError } from '../../sdk/index.js';
import { implement } from '../../sdk/node/index.js';
import { quickDay, undoDay, workDay } from './partitions.fixture.js';

/** What the steps of the backfill's tests saw. */
export const seen = { running: 0, most: 0, done: [] as string[], undone: [] as string[], attempts: new Map<string, number>(), keys: [] as string[] };

export function forget(): void {
  Object.assign(seen, { running: 0, most: 0, done: [], undone: [], attempts: new Map(), keys: [] });
}

export const work = implement(
  { workDay, undoDay, quickDay },
  {
    workDay: async ({ day, takes, failsOnce, fails }, context) => {
      seen.attempts.set(day, (seen.attempts.get(day) ?? 0) + 1);
      seen.most = Math.max(seen.most, ++seen.running);
      try {
        await pause(takes, context.signal);
      } finally {
        seen.running -= 1;
      }
      if (fails.includes(day) || (failsOnce.includes(day) && seen.attempts.get(day) === 1)) throw new ValidationError(`${day} is bad.`);
      seen.done.push(day);
      return { rows: 10 };
    },
    undoDay: async ({ day }) => void seen.undone.push(day),
    quickDay: async () => ({ rows: 1 }),
  },
);

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new Error('aborted'));
    });
  });
}
