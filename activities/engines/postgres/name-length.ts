import { ValidationError } from '../../../sdk/index.js';

const most = 63;

/** Refuses names that PostgreSQL would cut without a word, so that one could stand for another. @throws ValidationError */
export function refuseLongNames(names: readonly (string | undefined)[], connection: string): void {
  const long = names.find((name) => name !== undefined && Buffer.byteLength(name) > most);
  if (long === undefined) return;
  throw new ValidationError(`PostgreSQL cuts names after ${most} bytes, and '${long.slice(0, 100)}' has ${Buffer.byteLength(long)}.`, {
    where: connection,
    fix: 'Give it a shorter name, for instance by AS in the query.',
  });
}
