import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { findUnsafe, parse } from './schema.js';

const otherOverwrite = 'overwrite that is none of trim, toLowerCase, toUpperCase, normalize and slugify';

describe('a schema that cannot travel as JSON', () => {
  test.each<[string, z.ZodType, string]>([
    ['a date', z.object({ at: z.date() }), 'at is a date'],
    ['a bigint', z.object({ id: z.bigint() }), 'id is a bigint'],
    ['a map', z.map(z.string(), z.number()), 'it is a map'],
    ['a set', z.object({ tags: z.set(z.string()) }), 'tags is a set'],
    ['a symbol', z.symbol(), 'it is a symbol'],
    ['a NaN', z.nan(), 'it is a nan'],
    ['a transform', z.string().transform(Number), 'out is a transform'],
    ['a preprocess', z.preprocess(String, z.string()), 'in is a transform'],
    ['a promise', z.promise(z.string()), 'it is a promise'],
    ['a file', z.file(), 'it is a file'],
    ['inside an array', z.array(z.object({ at: z.date() })), '[].at is a date'],
    ['inside a tuple', z.tuple([z.string(), z.date()]), '1 is a date'],
    ["inside a tuple's rest", z.tuple([z.string()]).rest(z.date()), 'rest is a date'],
    ['inside a union', z.union([z.string(), z.bigint()]), '1 is a bigint'],
    ['inside an intersection', z.intersection(z.object({ a: z.string() }), z.object({ at: z.date() })), 'right.at is a date'],
    ['inside a record', z.record(z.string(), z.date()), 'valueType is a date'],
    ['inside optional, nullable and default', z.object({ at: z.date().nullable().optional() }), 'at.innerType.innerType is a date'],
    ['inside a catchall', z.object({}).catchall(z.date()), 'catchall is a date'],
    ['inside a readonly', z.object({ at: z.date() }).readonly(), 'innerType.at is a date'],
    ['inside a pipe', z.pipe(z.string(), z.coerce.date() as never), 'out is a date'],
    ['a codec', z.codec(z.string(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() }), 'out is a date'],
    ['an overwrite that goes on', z.object({ name: z.string().overwrite((text) => `${text}!`) }), `name has an ${otherOverwrite}`],
    ['an overwrite of a number', z.number().overwrite(Math.round), `it has an ${otherOverwrite}`],
    ['an async refinement', z.object({ name: z.string().refine(async () => true) }), 'name has an async refinement'],
    ['an async check', z.array(z.string().check(async () => undefined)), '[] has an async refinement'],
    ['an async type of its own', z.object({ a: z.custom<string>(async () => true) }), 'a has an async refinement'],
    ['no zod schema', { parse: String } as unknown as z.ZodType, 'it is not a zod 4 schema'],
  ])('is found: %s', (_, schema, found) => {
    expect(findUnsafe(schema)).toBe(found);
  });

  test('is found in a schema that holds itself', () => {
    type Tree = { at: Date; children: Tree[] };
    const Tree: z.ZodType<Tree> = z.object({ at: z.date(), children: z.lazy(() => z.array(Tree)) });
    expect(findUnsafe(Tree)).toBe('at is a date');
    const Node = z.object({
      name: z.string(),
      get next() {
        return z.optional(Node);
      },
      when: z.date(),
    });
    expect(findUnsafe(Node)).toBe('when is a date');
  });
});

describe('a schema that can travel', () => {
  test('may hold itself', () => {
    type Tree = { name: string; children: Tree[] };
    const Tree: z.ZodType<Tree> = z.object({ name: z.string(), children: z.lazy(() => z.array(Tree)) });
    expect(findUnsafe(Tree)).toBeUndefined();
  });

  test.each<[string, z.ZodType]>([
    ['void', z.void()],
    ['unknown', z.unknown()],
    ['enum and literal', z.object({ a: z.enum(['x']), b: z.literal(1) })],
    ['ISO dates', z.object({ day: z.iso.date(), at: z.iso.datetime() })],
    ['default and catch', z.object({ a: z.string().default('x'), b: z.number().catch(0) })],
    [
      'refine and trim',
      z
        .string()
        .trim()
        .min(1)
        .refine((text) => text !== 'x'),
    ],
    ['case, normal form and slug', z.array(z.string().toLowerCase().toUpperCase().normalize('NFC').slugify())],
    ['superRefine', z.string().superRefine(() => undefined)],
    ['discriminated union', z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') }), z.object({ kind: z.literal('b') })])],
    ['the same schema twice', ((it) => z.object({ a: it, b: it }))(z.object({ x: z.string() }))],
  ])('%s', (_, schema) => {
    expect(findUnsafe(schema)).toBeUndefined();
  });
});

describe('parse', () => {
  const Order = z.object({ id: z.string(), lines: z.array(z.object({ rows: z.number().positive() })) });

  test('gives what the schema makes of the value', () => {
    expect(parse(z.object({ a: z.string().default('x') }), {}, 'it', 'wrong_input')).toEqual({ a: 'x' });
  });

  test('names every field that is wrong, and where', () => {
    const wrong = () => parse(Order, { id: 1, lines: [{ rows: 1 }, { rows: -1 }] }, 'The input of step pay', 'wrong_input');
    expect(wrong).toThrow(/^The input of step pay is wrong: id: .+; lines\.1\.rows: .+$/);
    expect(wrong).toThrow(expect.objectContaining({ name: 'ValidationError', code: 'wrong_input', where: 'The input of step pay' }));
  });

  test('says of a wrong value as a whole what it must be', () => {
    expect(() => parse(z.string(), 1, 'The output', 'wrong_output')).toThrow(/^The output is wrong: Invalid input/);
  });

  const Source = z.object({
    from: z.union(
      [
        z.strictObject({ files: z.string(), path: z.string() }),
        z.strictObject({ on: z.string(), at: z.union([z.number(), z.string()]) }),
        z.strictObject({ http: z.strictObject({ url: z.string() }) }),
      ],
      'give { files, path }, { on } or { http }',
    ),
  });

  test.each([
    ['where a key is missing', { files: 'in' }, 'from.path: Invalid input: expected string, received undefined'],
    ['where a key is misspelt', { files: 'in', path: 'a', formt: 'csv' }, 'from: Unrecognized key: "formt"'],
    ['deep in it', { http: { uri: 'x' } }, 'from.http.url: Invalid input: expected string, received undefined; from.http: Unrecognized key: "uri"'],
    ['of plain values', { on: 'a', at: [] }, 'from.at: Invalid input: expected number or string'],
    ['of none of them', { file: 'in' }, 'from: give { files, path }, { on } or { http }'],
    ['of another kind', 'in', 'from: give { files, path }, { on } or { http }'],
  ])('says of a union what is wrong with the kind that was meant: %s', (_, from, told) => {
    expect(() => parse(Source, { from }, 'It', 'wrong_input')).toThrow(expect.objectContaining({ message: `It is wrong: ${told}` }));
  });

  test.each<[string, z.ZodType, RegExp]>([
    ['is async behind a function', z.string().refine(() => Promise.resolve(true)), /^The output cannot be checked: .*[Aa]sync/],
    ['throws', z.string().refine(() => JSON.parse('{')), /^The output cannot be checked: .*JSON/],
  ])('says of a refinement that %s that the schema is at fault', (_, schema, message) => {
    const wrong = () => parse(schema, 'x', 'The output', 'wrong_output');
    expect(wrong).toThrow(expect.objectContaining({ name: 'ValidationError', code: 'unsafe_schema', message: expect.stringMatching(message) }));
  });

  test('does not change what it gave before', () => {
    fc.assert(
      fc.property(fc.record({ id: fc.string(), lines: fc.array(fc.record({ rows: fc.integer({ min: 1 }) })) }), (order) => {
        const once = parse(Order, order, 'it', 'wrong_input');
        expect(parse(Order, JSON.parse(JSON.stringify(once)), 'it', 'wrong_input')).toEqual(once);
      }),
    );
  });
});
