import { setTimeout as wait } from 'node:timers/promises';

interface Patience {
  /** Milliseconds; a minute unless said. */
  limit?: number;
  /** Milliseconds between two looks. */
  every?: number;
  /** What was waited for, when it does not come. */
  what?: () => string;
}

/** Looks again and again until what is seen is as wanted. */
export async function until<Seen>(
  look: () => Promise<Seen> | Seen,
  wanted: (seen: Seen) => boolean,
  { limit = 60_000, every = 50, what }: Patience = {},
): Promise<Seen> {
  for (const end = Date.now() + limit; ; await wait(every)) {
    const seen = await look();
    if (wanted(seen)) return seen;
    if (Date.now() > end) throw new Error(`It was not so within ${limit} ms: ${what?.() ?? JSON.stringify(seen, undefined, 2)}`);
  }
}
