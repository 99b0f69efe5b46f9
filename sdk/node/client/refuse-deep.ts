import { ValidationError } from '../../authoring/errors.js';

/** Levels: far more than anybody writes, and far less than what a stack takes. */
const deepest = 500;

/**
 * Refuses a value that is nested so deeply that checking and hashing it would overflow the stack, here or in a worker.
 *
 * @throws ValidationError
 */
export function refuseDeep(value: unknown, where: string, code: 'wrong_input' | 'wrong_answer'): void {
  if (!isDeeper(value, deepest)) return;
  throw new ValidationError(`${where} is nested more than ${deepest} levels deep.`, { code, where });
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((it) => isDeeper(it, levels - 1));
}
