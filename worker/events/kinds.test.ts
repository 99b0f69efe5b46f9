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
