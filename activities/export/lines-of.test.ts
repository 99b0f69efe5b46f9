import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { linesOf } from './lines-of.js';

test('a line ends where the engine ended it: at no other separator, and not where a piece of the file does', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-lines-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const lines = ['one\u2028two\u2029three\u0085four', '', `${'é'.repeat(65_536)}\r`, '😀'.repeat(40_000)];
  for (const end of ['', '\n']) {
    writeFileSync(join(folder, 'rows.jsonl'), lines.join('\n') + end);
    const found: string[] = [];
    for await (const line of linesOf(join(folder, 'rows.jsonl'))) found.push(line);
    expect(found).toEqual(lines);
  }
});
