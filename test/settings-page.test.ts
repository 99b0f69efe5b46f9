import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { Connection } from '../sdk/node/connections/kinds.js';
import { EncryptionReference } from '../sdk/node/encryption/read-key-ring.js';
import { SettingsFile } from '../worker/cli/settings.js';

interface Shape {
  properties?: Record<string, Shape>;
  anyOf?: Shape[];
  oneOf?: Shape[];
  const?: string;
}

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'worker/settings.md'), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| ') && !/^\| ?(---|key|variable|kind)/.test(line));
const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
const code = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);
const shapeOf = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape;

/** The paths of all that can be set, such as temporal.tls.ca; of an object that may be a word too, both. */
function keysOf({ properties, anyOf = [] }: Shape, path: string): string[] {
  const inside = Object.entries(properties ?? {}).flatMap(([name, shape]) => keysOf(shape, path === '' ? name : `${path}.${name}`));
  const others = anyOf.flatMap((shape) => keysOf(shape, path));
  return properties === undefined
    ? [...new Set([...(others.length === 0 || anyOf.some((it) => it.properties === undefined) ? [path] : []), ...others])]
    : inside;
}

/** `a.b`, `.c` is a.b and a.c. */
function named(cell: string | undefined): string[] {
  const [first = '', ...more] = code(cell);
  return [first, ...more.map((it) => (it.startsWith('.') ? first.replace(/\.[^.]*$/, it) : it))];
}

test('each key of headrace.json stands on the page of settings, and no other', () => {
  const sections = cells.filter(([, first]) => first?.startsWith('`') && !/[A-Z]{3}/.test(first)).flatMap(([, first]) => named(first));
  const kinds = (shapeOf(Connection).oneOf ?? []).map((it) => it.properties?.kind?.const);
  const keys = keysOf(shapeOf(SettingsFile.omit({ connections: true })), '').filter((it) => it !== 'encryption');
  const all = [...keys, ...keysOf(shapeOf(EncryptionReference), 'encryption')];
  expect(sections.filter((it) => !kinds.includes(it)).sort()).toEqual(all.sort());
});

test('each kind of connection stands there with its keys', () => {
  const said = Object.fromEntries(cells.map(([, kind, keys]) => [code(kind)[0], code(keys).sort()]));
  for (const { properties: { kind, ...rest } = {} } of shapeOf(Connection).oneOf ?? []) {
    const inside = Object.values(rest).flatMap((it) => Object.keys(it.properties ?? {}));
    expect([kind?.const, said[kind?.const ?? '']]).toEqual([kind?.const, [...Object.keys(rest), ...inside].sort()]);
  }
});

test('each variable that the sources read stands there', () => {
  const files = ['sdk', 'worker', 'activities', 'workflows'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  );
  const sources = files
    .filter((file) => /\.c?ts$/.test(file) && !/\.(test|fixture)\.|error-catalogue/.test(file))
    .map((file) => readFileSync(join(root, file), 'utf8'));
  const read = sources.flatMap((text) => [
    ...text.matchAll(/\b(?:(?:environment|process\.env|env)\.|[{'] ?)((?:HEADRACE|TEMPORAL|DATABASE|UV)_[A-Z_]+[A-Z])\b/g),
  ]);
  // What scripts are given, what tests of this repository set, and a name that is the beginning of others.
  const others = /^HEADRACE_(KEY|ATTEMPT|RESULT|CRASH|WRITE_SCHEMAS|CONNECTION_\w+)$/;
  const names = [...new Set(read.map(([, name = '']) => name))].filter((name) => !others.test(name));
  expect(names.length).toBeGreaterThan(15);
  expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(page))).toEqual([]);
});

test('the file that is shown there can be read', () => {
  const shown = JSON.parse(/```json\n(.*?)```/s.exec(page)?.[1] ?? '') as { connections: Record<string, unknown> };
  expect(SettingsFile.safeParse(shown).error).toBeUndefined();
  for (const connection of Object.values(shown.connections)) expect(Connection.safeParse(connection).error).toBeUndefined();
});
