import * as z from 'zod';
import { ValidationError } from './errors.js';
import type { Mistake } from './mistake.js';

type Depth = [never, 0, 1, 2, 3, 4, 5, 6];
type Plain = string | number | boolean | null | undefined | void;

/** The first thing in a type that JSON cannot carry, by name, or never. */
type Unsafe<T, D extends number = 6> = [D] extends [never]
  ? never
  : unknown extends T
    ? never
    : T extends Plain
      ? never
      : T extends bigint
        ? 'a bigint'
        : T extends symbol
          ? 'a symbol'
          : T extends (...args: never) => unknown
            ? 'a function'
            : T extends Date
              ? 'a Date'
              : T extends ReadonlyMap<unknown, unknown>
                ? 'a Map'
                : T extends ReadonlySet<unknown>
                  ? 'a Set'
                  : T extends readonly (infer Item)[]
                    ? Unsafe<Item, Depth[D]>
                    : T extends object
                      ? { [K in keyof T]-?: Unsafe<T[K], Depth[D]> }[keyof T]
                      : never;

/** A schema whose values travel as JSON and that parses its own output unchanged; else a sentence that says what is wrong. */
export type JsonSafe<S extends z.ZodType> = [Unsafe<z.output<S>> | Unsafe<z.input<S>>] extends [never]
  ? [z.output<S>] extends [z.input<S>]
    ? S
    : Mistake<'This schema turns its input into another type. Keep the type, and compute in the step.'>
  : Mistake<`This schema holds ${Unsafe<z.output<S>> | Unsafe<z.input<S>>}, which JSON cannot carry. Use a string, number, boolean, array or object.`>;

const unsafeKinds = new Set(['date', 'bigint', 'map', 'set', 'symbol', 'function', 'promise', 'file', 'nan', 'transform']);

/**
 * Says what in a schema cannot travel as JSON or does not parse its own output unchanged, or undefined.
 * What the types cannot see (a schema cast to any, JavaScript) is found here, when the module loads.
 */
export function findUnsafe(schema: z.ZodType): string | undefined {
  return inspect(schema, '', new Set());
}

function inspect(schema: unknown, path: string, seen: Set<unknown>): string | undefined {
  if (typeof schema !== 'object' || schema === null) return `${path || 'it'} is ${schema == null ? 'missing' : 'not a zod 4 schema'}`;
  if (seen.has(schema)) return undefined;
  seen.add(schema);
  const definition = (schema as { _zod?: { def?: Record<string, unknown> } })._zod?.def;
  if (definition === undefined) return `${path || 'it'} is not a zod 4 schema`;
  if (unsafeKinds.has(String(definition.type))) return `${path || 'it'} is a ${String(definition.type)}`;
  const check = [schema, ...((definition.checks as object[] | undefined) ?? [])].map(unsafeCheck).find((it) => it !== undefined);
  if (check !== undefined) return `${path || 'it'} has ${check}`;
  for (const [key, child] of children(definition)) {
    const found = inspect(child, path === '' ? key : `${path}.${key}`, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What zod's own overwrites do: they do nothing to what they gave, as others may. They are closures, and told by their text. */
const idempotent = new Set([z.trim(), z.toLowerCase(), z.toUpperCase(), z.normalize(), z.slugify()].map((it) => String(overwriteOf(it))));

type Overwrite = (value: never) => unknown;

function overwriteOf(check: object): Overwrite | undefined {
  return (check as { _zod: { def: { tx?: Overwrite } } })._zod.def.tx;
}

/** Of an async function that is wrapped nothing shows here: `parse` refuses it in the run. */
function unsafeCheck(it: object): string | undefined {
  const { def, check } = (it as { _zod: { def: { fn?: unknown }; check?: unknown } })._zod;
  if ([def.fn, check].some((work) => Object.prototype.toString.call(work) === '[object AsyncFunction]')) return 'an async refinement';
  const overwrite = overwriteOf(it);
  return overwrite === undefined || idempotent.has(String(overwrite))
    ? undefined
    : 'an overwrite that is none of trim, toLowerCase, toUpperCase, normalize and slugify';
}

function children(definition: Record<string, unknown>): [string, unknown][] {
  if (definition.type === 'object') return Object.entries(definition.shape as object).concat(single(definition, ['catchall']));
  if (definition.type === 'lazy') return [['', (definition.getter as () => unknown)()]];
  const lists = ['options', 'items'].flatMap((key) => (Array.isArray(definition[key]) ? (definition[key] as unknown[]) : []));
  return lists
    .map((child, index): [string, unknown] => [String(index), child])
    .concat(single(definition, ['element', 'innerType', 'in', 'out', 'left', 'right', 'keyType', 'valueType', 'rest']));
}

function single(definition: Record<string, unknown>, keys: string[]): [string, unknown][] {
  return keys.filter((key) => definition[key] != null).map((key) => [key === 'element' ? '[]' : key, definition[key]]);
}

/**
 * A value checked by a schema.
 *
 * @param where names the value for the reader, such as `the input of step price_orders`
 * @throws ValidationError with the fields that are wrong, 20 at most, or with what keeps the schema from being used
 */
export function parse<S extends z.ZodType>(schema: S, value: unknown, where: string, code: 'wrong_input' | 'wrong_output' | 'wrong_answer'): z.output<S> {
  const result = tried(schema, value, where);
  if (result.success) return result.data;
  throw new ValidationError(`${where} is wrong: ${describe(result.error)}`, { code, where });
}

/** What a refinement throws, or that it is async, is no fault of the value. */
function tried<S extends z.ZodType>(schema: S, value: unknown, where: string): z.ZodSafeParseResult<z.output<S>> {
  try {
    return schema.safeParse(value);
  } catch (cause) {
    throw new ValidationError(`${where} cannot be checked: ${(cause as Error).message}`, { code: 'unsafe_schema', where, cause });
  }
}

const mostIssues = 20;

function describe({ issues }: z.ZodError): string {
  const all = issues.flatMap((issue) => tell(issue, []));
  return [...all.slice(0, mostIssues), ...(all.length > mostIssues ? [`and ${all.length - mostIssues} more`] : [])].join('; ');
}

type Issue = z.core.$ZodIssue;

/** Of a union, what is wrong with the kind that was meant, where one fits better than the others. */
function tell(issue: Issue, outer: readonly PropertyKey[]): string[] {
  const path = [...outer, ...issue.path];
  const meant = issue.code === 'invalid_union' ? closest(issue.errors) : undefined;
  if (meant !== undefined) return meant.flatMap((inner) => tell(inner, path));
  const unsaid = issue.code === 'invalid_union' && issue.message === 'Invalid input';
  const message = (unsaid && expected(issue.errors)) || issue.message;
  return [`${path.length === 0 ? '' : `${path.map(String).join('.')}: `}${message}`];
}

/** What a union of plain values takes. */
function expected(kinds: readonly Issue[][]): string | undefined {
  const types = kinds.map(([issue]) => (issue?.code === 'invalid_type' && issue.path.length === 0 ? issue.expected : undefined));
  return types.length === 0 || types.includes(undefined) ? undefined : `Invalid input: expected ${[...new Set(types)].join(' or ')}`;
}

/** The kind that the fewest of a value's keys are strange to; none where several are as near. */
function closest(kinds: readonly Issue[][]): Issue[] | undefined {
  const misfits = kinds.map((issues) => issues.reduce((total, issue) => total + misfit(issue), 0));
  const fewest = Math.min(...misfits);
  const [nearest, ...others] = kinds.filter((_, index) => misfits[index] === fewest);
  return others.length === 0 ? nearest : undefined;
}

function misfit(issue: Issue): number {
  if (issue.path.length > 0) return 0;
  return issue.code === 'unrecognized_keys' ? issue.keys.length : Number.POSITIVE_INFINITY;
}
