import type { Calls, Phases } from '../authoring/flow.js';
import { checkCalls, checkFunction } from './check-arguments.js';
import { each } from './each.js';
import { at } from './place.js';

/** Runs the phases in order: extract and load at the same time within, transform and transform-at-load one call after another. */
export async function phases<E, T, L, A>({ extract, transform, load, transformAtLoad, concurrency }: Phases<E, T, L, A>) {
  checkFunction('The phase transform', transform);
  checkFunction('The phase load', load);
  const extracted = await concurrently('extract', extract, concurrency);
  const transformed = await sequentially('transform', () => transform(extracted));
  const loaded = await concurrently('load', load(transformed), concurrency);
  const after = transformAtLoad === undefined ? undefined : await sequentially('transform-at-load', () => transformAtLoad(loaded));
  return { extract: extracted, transform: transformed, load: loaded, transformAtLoad: after as A };
}

async function concurrently<Results>(phase: string, calls: Calls<Results>, concurrency: number | undefined): Promise<Results> {
  checkCalls(phase, calls);
  const entries = Object.entries<() => Promise<unknown>>(calls);
  const results = await at({ phase }, () => each(entries, ([, call]) => call(), { concurrency }));
  return Object.fromEntries(entries.map(([name], index) => [name, results[index]])) as Results;
}

function sequentially<Result>(phase: string, work: () => Promise<Result>): Promise<Result> {
  return at({ phase, queue: { last: Promise.resolve() } }, work);
}
