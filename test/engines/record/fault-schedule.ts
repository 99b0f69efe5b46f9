import type { Seeded } from '../seeded.js';

export type Server = 'kafka' | 'registry' | 'temporal';
/** `relay` and `projector` are the process that does this work just then. */
export type Victim = 'worker' | 'api' | 'relay' | 'projector';

/** Something that is done to the system, in milliseconds. */
export type Fault = { at: number } & (
  | { kind: 'kill'; victim: Victim }
  | { kind: 'freeze'; victim: Victim; lasts: number }
  | { kind: 'replace'; victim: 'worker' | 'api' }
  | { kind: 'outage'; server: Server; lasts: number }
  | { kind: 'terminate' | 'cancel' }
);

/** How much is done: the small form is for every change, the full one by command. */
export interface Form {
  runs: number;
  /** Milliseconds over which runs begin and faults come. */
  duration: number;
  kills: number;
  freezes: number;
  replacements: number;
  /** Outages of each server, and how long they last. */
  outages: Record<Server, { count: number; lasts: number }>;
  terminations: number;
  cancellations: number;
}

export const forms: Record<'small' | 'full', Form> = {
  small: {
    runs: 100,
    duration: 120_000,
    kills: 8,
    freezes: 3,
    replacements: 2,
    outages: { kafka: { count: 1, lasts: 15_000 }, registry: { count: 1, lasts: 15_000 }, temporal: { count: 1, lasts: 2_000 } },
    terminations: 6,
    cancellations: 4,
  },
  full: {
    runs: 500,
    duration: 600_000,
    kills: 24,
    freezes: 6,
    replacements: 4,
    outages: { kafka: { count: 2, lasts: 60_000 }, registry: { count: 2, lasts: 60_000 }, temporal: { count: 3, lasts: 3_000 } },
    terminations: 20,
    cancellations: 10,
  },
};

const victims: Victim[] = ['worker', 'relay', 'api', 'projector'];
/** Longer than a lease and than a heartbeat's time-out. */
const standstill = { least: 12_000, most: 25_000 };

/** What is done and when, by the seed alone. */
export function scheduleFaults(random: Seeded, form: Form): Fault[] {
  const anyTime = () => random.between(form.duration * 0.05, form.duration * 0.9);
  const times = (count: number) => Array.from({ length: count }, (_, index) => ({ at: anyTime(), index }));
  const kills = times(form.kills).map(({ at, index }) => ({ at, kind: 'kill' as const, victim: victims[index % victims.length] as Victim }));
  const freezes = times(form.freezes).map(({ at }) => {
    return { at, kind: 'freeze' as const, victim: random.pick(victims), lasts: random.between(standstill.least, standstill.most) };
  });
  const replacements = times(form.replacements).map(({ at }) => ({ at, kind: 'replace' as const, victim: random.pick(['worker', 'api'] as const) }));
  const terminations = times(form.terminations).map(({ at }) => ({ at, kind: 'terminate' as const }));
  const cancellations = times(form.cancellations).map(({ at }) => ({ at, kind: 'cancel' as const }));
  const outages = (Object.keys(form.outages) as Server[]).flatMap((server) => scheduleOutages(random, form, server));
  return [...kills, ...freezes, ...replacements, ...terminations, ...cancellations, ...outages].sort((one, other) => one.at - other.at);
}

/** A server's outages do not touch each other: each has its share of the time. */
function scheduleOutages(random: Seeded, { duration, outages }: Form, server: Server): Fault[] {
  const { count, lasts } = outages[server];
  const share = (duration * 0.9) / count;
  return Array.from({ length: count }, (_, index) => {
    const at = Math.round(index * share + random.between(share * 0.1, Math.max(share * 0.9 - lasts, share * 0.1)));
    return { at, kind: 'outage' as const, server, lasts };
  });
}
