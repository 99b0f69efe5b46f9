import { HeadraceError } from './errors.js';

/** A refusal of what TypeScript refuses at its author's desk, for those who write JavaScript. */
export function badArgument(rule: string, value: unknown, fix?: string): HeadraceError {
  return new HeadraceError(`${rule}; this is ${described(value)}.`, { code: 'bad_argument', fix });
}

function described(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') return value === '' ? 'an empty text' : `the text '${value.slice(0, 100)}'`;
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
