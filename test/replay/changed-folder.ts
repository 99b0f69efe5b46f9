import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A folder of pipelines with one text of one file replaced, as long as the test lasts. Within the house, so that they find its packages. */
export function changedFolder(folder: string, file: string, text: string, by: string): string {
  mkdirSync(join(root, '.headrace'), { recursive: true });
  const copy = mkdtempSync(join(root, '.headrace/changed-'));
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
  cpSync(folder, copy, { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
  const before = readFileSync(join(copy, file), 'utf8');
  expect(before).toContain(text);
  writeFileSync(join(copy, file), before.replace(text, by));
  return copy;
}
