import { HeadraceError } from './errors.js';

const mark = Symbol.for('headrace.copy');
const here = import.meta.url;

/** Refuses a second copy of Headrace in one process: steps of the one would be unknown to the other. */
export function refuseSecondCopy(): void {
  const copies = globalThis as { [mark]?: string };
  const first = (copies[mark] ??= here);
  if (first === here) return;
  throw new HeadraceError(`Two copies of headrace are loaded: ${first} and ${here}.`, { code: 'two_copies', where: here });
}
