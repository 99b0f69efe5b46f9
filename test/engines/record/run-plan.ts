import type { RunStateName } from '../../../sdk/node/status/run-status.js';
import type { Seeded } from '../seeded.js';
import type { Form } from './fault-schedule.js';

/** A run that is to be started. */
export interface PlannedRun {
  /** Milliseconds after the beginning. */
  at: number;
  /** The Idempotency-Key: however often the start is tried, there is one run. */
  key: string;
  pipeline: string;
  input: unknown;
  /** How it ends, unless it is terminated or cancelled from outside: no kill and no outage may change that. */
  ends: RunStateName;
  /** What is answered when it asks; nothing where nobody answers. */
  decision?: 'approve' | 'decline';
}

type Kind = (random: Seeded) => Pick<PlannedRun, 'pipeline' | 'input' | 'ends' | 'decision'>;

const aWork = (random: Seeded) => ({ milliseconds: random.between(50, 800), failures: random.next() < 0.15 ? random.between(1, 2) : 0 });
const someWorks = (random: Seeded, least: number, most: number) => Array.from({ length: random.between(least, most) }, () => aWork(random));

const kinds: Kind[] = [
  (random) => ({ pipeline: 'chain', input: { works: someWorks(random, 4, 12) }, ends: 'SUCCEEDED' }),
  (random) => ({ pipeline: 'chain', input: { works: someWorks(random, 2, 6) }, ends: 'SUCCEEDED' }),
  (random) => ({ pipeline: 'fan', input: { works: someWorks(random, 3, 8) }, ends: 'SUCCEEDED' }),
  (random) => ({ pipeline: 'asks', input: aWork(random), ends: 'SUCCEEDED', decision: 'approve' }),
  (random) => ({ pipeline: 'asks', input: aWork(random), ends: 'CANCELLED', decision: 'decline' }),
  (random) => ({ pipeline: 'asks', input: { ...aWork(random), within: 1_000 }, ends: 'CANCELLED' }),
  (random) => ({ pipeline: 'breaks', input: aWork(random), ends: 'FAILED' }),
  (random) => ({ pipeline: 'rolls_back', input: aWork(random), ends: 'ROLLED_BACK' }),
  (random) => ({ pipeline: 'family', input: { works: someWorks(random, 2, 5) }, ends: 'SUCCEEDED' }),
  (random) => ({ pipeline: 'rounds', input: { ...aWork(random), left: random.between(1, 3) }, ends: 'SUCCEEDED' }),
  (random) => ({ pipeline: 'pure', input: { number: random.between(0, 1_000) }, ends: 'SUCCEEDED' }),
  (random) => ({ pipeline: 'late', input: { milliseconds: random.between(50, 500) }, ends: 'TIMED_OUT' }),
];

const atOnce = 10;
const burst = 1_500;

/** Runs of every kind, by the seed alone. They come in bursts, as from schedules: many are under way whenever any is. */
export function planRuns(random: Seeded, { runs, duration }: Form): PlannedRun[] {
  const bursts = Array.from({ length: Math.ceil(runs / atOnce) }, () => random.between(0, duration));
  const planned = Array.from({ length: runs }, (_, index) => {
    const kind = kinds[index % kinds.length] as Kind;
    const at = (bursts[Math.floor(index / atOnce)] as number) + random.between(0, burst);
    return { at, key: `run-${index}`, ...kind(random) };
  });
  return planned.sort((one, other) => one.at - other.at);
}
