import { HeadraceError } from '../authoring/errors.js';
import { checkFunction, checkItems } from './check-arguments.js';

/** Does the same for each item with bounded concurrency; see Flow.each. */
export async function each<Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
  { concurrency = 10 }: { concurrency?: number } = {},
): Promise<Result[]> {
  checkItems(items);
  checkFunction('The work of flow.each', work);
  checkConcurrency(concurrency);
  const results = new Array<Result>(items.length);
  const failures: unknown[] = [];
  let next = 0;
  const lane = async () => {
    while (next < items.length && failures.length === 0) {
      const index = next++;
      try {
        results[index] = await work(items[index] as Item, index);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, lane));
  if (failures.length > 0) throw failures[0];
  return results;
}

function checkConcurrency(concurrency: number): void {
  if (Number.isInteger(concurrency) && concurrency >= 1) return;
  throw new HeadraceError(`A concurrency of ${concurrency} is none.`, { code: 'bad_declaration', fix: 'Give a whole number from 1.' });
}
