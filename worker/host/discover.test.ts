import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { discover, listModules } from './discover.js';
import { folderOf, pipelineModule, stepModule } from './folder.fixture.js';

const own = <Found extends { builtIn: boolean }>(found: ReadonlyMap<string, Found>) => [...found].filter(([, { builtIn }]) => !builtIn).map(([id]) => id);

test('modules are found in all folders, by their exports and not by their names', async () => {
  const folder = folderOf({ 'a.ts': pipelineModule('daily'), 'deep/er/b.ts': pipelineModule('weekly'), 'c.mjs': stepModule('count') });
  const catalogue = await discover(folder);
  expect(own(catalogue.pipelines)).toEqual(['daily', 'weekly']);
  expect(own(catalogue.steps)).toEqual(['count']);
});

test('tests, declarations, hidden folders, dist and compiled twins are passed over', async () => {
  const broken = 'throw new Error("loaded");';
  const files = Object.fromEntries(
    ['a.test.ts', 'a.test-d.ts', 'a.spec.ts', 'a.fixture.ts', 'a.d.ts', '.hidden/a.ts', 'dist/a.js', 'node_modules/a/a.js', 'histories/a.ts', 'a.js'].map(
      (name) => [name, broken],
    ),
  );
  const catalogue = await discover(folderOf({ ...files, 'a.ts': pipelineModule('daily') }));
  expect(catalogue.refusals).toEqual([]);
  expect(own(catalogue.pipelines)).toEqual(['daily']);
});

test('a folder is read once, though links lead back to it', () => {
  const folder = folderOf({ 'a.ts': '', 'deep/er/b.ts': '' });
  symlinkSync('.', join(folder, 'again'));
  symlinkSync('../..', join(folder, 'deep/er/up'));
  symlinkSync('deep', join(folder, 'beside'));
  symlinkSync('itself', join(folder, 'itself'));
  expect(listModules(folder)).toEqual([join(folder, 'a.ts'), join(folder, 'deep/er/b.ts')]);
});

test('a linked folder of modules is read', () => {
  const shared = folderOf({ 'b.ts': '' });
  const folder = folderOf({ 'a.ts': '' });
  symlinkSync(shared, join(folder, 'shared'));
  expect(listModules(folder)).toEqual([join(folder, 'a.ts'), join(folder, 'shared/b.ts')]);
});

test('the ready-made workflows and the built-in steps are always there', async () => {
  const catalogue = await discover(folderOf({}));
  expect(catalogue.pipelines.get('data_backfill')).toMatchObject({ builtIn: true });
  expect(catalogue.steps.get('extract_data')).toMatchObject({ builtIn: true, implementation: expect.anything() });
  expect(catalogue.refusals).toEqual([]);
});

test('a default export is refused with its file and the fix', async () => {
  const folder = folderOf({ 'daily.ts': pipelineModule('daily', 'export default') });
  const { refusals } = await discover(folder);
  expect(refusals).toMatchObject([
    {
      file: join(folder, 'daily.ts'),
      error: { code: 'default_export', message: expect.stringContaining("'daily'"), fix: expect.stringContaining('export const') },
    },
  ]);
});

test.each([
  ['pipeline', pipelineModule('daily')],
  ['step', stepModule('count')],
])('the id of a %s that is there twice names both files', async (_, module) => {
  const folder = folderOf({ 'one.ts': module, 'two.ts': module, 'work.ts': '' });
  const { refusals } = await discover(folder);
  const duplicate = refusals.find(({ error }) => error.code === 'duplicate_id');
  expect(duplicate?.error.message).toContain(join(folder, 'one.ts'));
  expect(duplicate?.error.message).toContain(join(folder, 'two.ts'));
});

test('the same pipeline exported again by another module is one', async () => {
  const catalogue = await discover(folderOf({ 'daily.ts': pipelineModule('daily'), 'index.ts': "export * from './daily.js';" }));
  expect(catalogue.refusals).toEqual([]);
  expect(own(catalogue.pipelines)).toEqual(['daily']);
});

test('a step that is declared and not done is refused, and done it is not', async () => {
  const step = { 'count.ts': stepModule('count') };
  const { refusals } = await discover(folderOf(step));
  expect(refusals).toMatchObject([
    { file: expect.stringContaining('count.ts'), error: { code: 'not_implemented', message: expect.stringContaining("'count'") } },
  ]);
  const work =
    "import { implement } from 'headrace/node';\nimport { count } from './count.js';\nexport default implement({ count }, { count: async () => undefined });";
  expect((await discover(folderOf({ ...step, 'work.ts': work }))).refusals).toEqual([]);
});

test('a step that is done twice names both files', async () => {
  const work =
    "import { implement } from 'headrace/node';\nimport { count } from './count.js';\nexport default implement({ count }, { count: async () => undefined });";
  const folder = folderOf({ 'count.ts': stepModule('count'), 'one.ts': work, 'two.ts': work });
  const { refusals } = await discover(folder);
  expect(refusals).toMatchObject([
    { file: join(folder, 'two.ts'), error: { code: 'duplicate_id', message: expect.stringMatching(/implementation of the step 'count'.*one\.ts.*two\.ts/) } },
  ]);
});

test('a module that cannot be loaded is refused with its cause, and the others are still found', async () => {
  const catalogue = await discover(
    folderOf({ 'bad.ts': "import './missing.js';", 'throws.ts': 'throw new Error("no luck");', 'good.ts': pipelineModule('daily') }),
  );
  expect(catalogue.refusals.map(({ error }) => error.code)).toEqual(['unreadable_module', 'unreadable_module']);
  expect(catalogue.refusals[1]?.error.message).toContain('no luck');
  expect(own(catalogue.pipelines)).toEqual(['daily']);
});

test('a declaration that cannot work is refused with its own code', async () => {
  const module = "import { step } from 'headrace';\nimport * as z from 'zod';\nexport const a = step('a', { input: z.date() });";
  expect((await discover(folderOf({ 'a.ts': module }))).refusals).toMatchObject([
    { error: { code: 'unsafe_schema', message: expect.stringContaining('it is a date') } },
  ]);
});

test('a folder that is not there is refused', async () => {
  await expect(discover('/no/such/folder')).rejects.toMatchObject({ code: 'nothing_found', message: expect.stringContaining('/no/such/folder') });
});

test('a folder with a zod of its own is refused with both paths', async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'headrace-zod-'));
  const zod = join(elsewhere, 'node_modules/zod');
  mkdirSync(zod, { recursive: true });
  writeFileSync(join(zod, 'package.json'), '{ "name": "zod", "version": "4.0.0", "main": "index.cjs" }');
  writeFileSync(join(zod, 'index.cjs'), '');
  await expect(discover(elsewhere)).rejects.toMatchObject({ code: 'two_copies', message: expect.stringMatching(/node_modules\/zod\/.* and .*headrace-zod-/) });
  rmSync(elsewhere, { recursive: true });
});

test('a project whose modules are CommonJS is refused with the command that mends it', async () => {
  const folder = folderOf({ 'package.json': '{ "type": "commonjs" }', 'daily.ts': pipelineModule('daily'), 'weekly.mts': pipelineModule('weekly') });
  const catalogue = await discover(folder);
  expect(catalogue.refusals).toMatchObject([{ file: join(folder, 'daily.ts'), error: { code: 'not_a_module', fix: expect.stringContaining('type=module') } }]);
  expect(own(catalogue.pipelines)).toEqual(['weekly']);
});
