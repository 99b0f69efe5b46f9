import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { breaking } from './compatible.fixture.js';
import { eventSchemas } from './kinds.js';

/** As they were published: written anew by HEADRACE_WRITE_SCHEMAS=1, after the release of a compatible change. */
const file = join(import.meta.dirname, 'event-schemas.json');

test('every published event can still be read by those who know its published schema', () => {
  const now = JSON.parse(JSON.stringify(eventSchemas())) as Record<string, unknown>;
  if (process.env.HEADRACE_WRITE_SCHEMAS === '1' || !existsSync(file)) writeFileSync(file, `${JSON.stringify(now, undefined, 2)}\n`);
  const published = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  for (const [kind, schema] of Object.entries(published)) expect(breaking(schema, now[kind], kind)).toEqual([]);
  // An event that is new is published by writing the file anew.
  expect(Object.keys(now).sort()).toEqual(Object.keys(published).sort());
});

test.each([
  ['items', { type: 'array', items: { type: 'string' } }, { type: 'array', items: { type: 'number' } }, 'E[]: type was "string", is "number"'],
  ['an alternative', { anyOf: [{ type: 'string' }, { type: 'null' }] }, { anyOf: [{ type: 'string' }, { type: 'number' }] }, 'E may be {"type":"number"}'],
  ['what became an alternative', { type: 'string' }, { anyOf: [{ type: 'string' }, { type: 'null' }] }, 'E may be {"type":"null"}'],
  ['a format', { type: 'string', format: 'date-time' }, { type: 'string' }, 'E: format was "date-time", is undefined'],
  ['a pattern', { type: 'string', pattern: '^a' }, { type: 'string', pattern: '^b' }, 'E: pattern was "^a", is "^b"'],
  ['a minimum', { type: 'integer', minimum: 1 }, { type: 'integer', minimum: 0 }, 'E: minimum was 1, is 0'],
  ['a maximum', { type: 'integer', maximum: 9 }, { type: 'integer' }, 'E: maximum was 9, is undefined'],
  ['a list of values that is gone', { type: 'string', enum: ['a'] }, { type: 'string' }, 'E may be anything'],
  ['a list of values where there was one', { type: 'string', const: 'a' }, { type: 'string', enum: ['a', 'b'] }, 'E: const was "a", is undefined'],
])('%s that a reader does not expect is found', (_, published, now, found) => {
  expect(breaking(published, now, 'E')).toEqual([found]);
});

test.each([
  ['an alternative less', { anyOf: [{ type: 'string' }, { type: 'null' }] }, { type: 'string' }],
  ['a higher minimum', { type: 'integer', minimum: 0 }, { type: 'integer', minimum: 1 }],
  ['a new format', { type: 'string' }, { type: 'string', format: 'date-time' }],
  ['a new list of values', { type: 'string' }, { type: 'string', enum: ['a'] }],
  ['one value of the list', { type: 'string', enum: ['a', 'b'] }, { type: 'string', const: 'a' }],
])('%s breaks no reader', (_, published, now) => {
  expect(breaking(published, now, 'E')).toEqual([]);
});

test('a change that breaks a reader is found', () => {
  const published = { type: 'object', properties: { rows: { type: 'number' }, kind: { enum: ['a', 'b'] } }, required: ['rows'] };
  const without = { type: 'object', properties: { kind: { enum: ['a'] } }, required: [] };
  expect(breaking(published, without, 'E')).toEqual(['E.rows is gone']);
  expect(breaking(published, { ...published, required: [] }, 'E')).toEqual(['E.rows may be missing']);
  expect(breaking(published, { ...published, properties: { ...published.properties, rows: { type: 'string' } } }, 'E')).toEqual([
    'E.rows: type was "number", is "string"',
  ]);
  expect(breaking(published, { ...published, properties: { ...published.properties, kind: { enum: ['a', 'c'] } } }, 'E')).toEqual(['E.kind may be "c"']);
  expect(breaking(published, { ...published, properties: { ...published.properties, more: { type: 'string' } } }, 'E')).toEqual([]);
});
