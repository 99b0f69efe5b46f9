import type * as z from 'zod';
import { HeadraceError } from './errors.js';
import { findUnsafe } from './schema.js';

const idForm = /^[a-z][a-z0-9_]{0,99}$/;

/** Refuses an id that is not a permanent, literal word of small letters, digits and underscores. */
export function checkId(kind: string, id: string): void {
  if (idForm.test(id)) return;
  throw new HeadraceError(`'${id}' cannot be the id of a ${kind}.`, {
    code: 'bad_declaration',
    where: `${kind} ${id}`,
    fix: 'Ids are small letters, digits and underscores, begin with a letter and have 100 characters at most.',
  });
}

/** Refuses an option that does not exist, so that a misspelt one is never silently without effect. */
export function checkOptions(where: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new HeadraceError(`${where} takes an object of options: ${known.join(', ')}.`, { code: 'bad_declaration', where });
  }
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new HeadraceError(`${where} has no option '${unknown}'. Its options are ${known.join(', ')}.`, { code: 'unknown_option', where });
}

/** Refuses a schema whose values cannot travel as JSON or that changes its own output when it parses it again. */
export function checkSchema(where: string, schema: z.ZodType): void {
  const unsafe = findUnsafe(schema);
  if (unsafe !== undefined) throw new HeadraceError(`The schema of ${where} cannot be used: ${unsafe}.`, { code: 'unsafe_schema', where });
}

/** Refuses what cannot be called. */
export function checkFunction(where: string, what: string, value: unknown): void {
  if (typeof value === 'function') return;
  throw new HeadraceError(`${where}: ${what} is missing, or no function.`, { code: 'bad_declaration', where });
}

/** Runs a check of plain values and turns its TypeError into a refusal that names the declaration. */
export function checkValues(where: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw new HeadraceError(`${where}: ${(error as Error).message}`, { code: 'bad_declaration', where });
  }
}
