import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { folderOf } from '../../worker/host/folder.fixture.js';
import { realBed } from './bed.fixture.js';
import { count, sales } from './fixtures/pipelines/sales.js';
import { replace, replay, saveHistory, type TestBed } from './index.js';

const pipelines = new URL('./fixtures/pipelines', import.meta.url);
let bed: TestBed;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headrace-replay-'));
  bed = await realBed(pipelines);
});

afterAll(async () => {
  await bed.close();
  await rm(folder, { recursive: true, force: true });
});

test('saved histories replay against the code that made them, and a changed pipeline is refused by the name of its run', async () => {
  const bad = replace(count, async () => ({ rows: 7, score: 0.5 }));
  const approved = await bed.run(sales, { day: '2026-02-12' }, { steps: [bad], approvals: { release_anyway: { answer: { reason: 'ok' } } } });
  const plain = await bed.run(sales, { day: '2026-02-13' });
  await saveHistory(approved, join(folder, 'approved.json'));
  await saveHistory(plain.workflowId, join(folder, 'plain.json'), { address: inject('temporal').address, namespace: inject('temporal').namespace });
  expect((await replay(folder, { folder: pipelines })).map(({ workflowId }) => workflowId)).toEqual([approved.workflowId, plain.workflowId]);

  const changed = await changedCopy();
  const refused = replay(folder, { folder: changed });
  await expect(refused).rejects.toMatchObject({ code: 'history_changed', message: expect.stringContaining(plain.workflowId) });
  await expect(refused).rejects.toMatchObject({ message: expect.stringContaining(join(folder, 'approved.json')) });
});

/** The pipelines with another step before the last. */
async function changedCopy(): Promise<string> {
  const texts = await Promise.all(
    (await readdir(pipelines)).map(async (name) => [name, await readFile(join(fileURLToPath(pipelines), name), 'utf8')] as const),
  );
  const change = (text: string) => text.replace('await publish({ rows });', 'await retract({ day });\n  await publish({ rows });');
  return folderOf(Object.fromEntries(texts.map(([name, text]) => [name, change(text)])));
}

test('a folder without histories is refused', async () => {
  await expect(replay(pipelines, { folder: pipelines })).rejects.toMatchObject({ code: 'nothing_found' });
});

test('a file that is no history is refused by its name', async () => {
  const file = join(folder, 'broken.txt.json');
  await writeFile(file, 'no');
  await expect(replay(file, { folder: pipelines })).rejects.toMatchObject({ code: 'unreadable_file', where: file });
});
