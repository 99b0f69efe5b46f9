import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundlePipelines } from './bundle.js';
import { discover } from './discover.js';
import { generateEntry } from './entry.js';
import { folderOf, pipelineModule } from './folder.fixture.js';

const bundle = async (files: Record<string, string>) => bundlePipelines(await discover(folderOf(files)));

test('the entry exports one lazy stub a pipeline, and loads its module when it is called', async () => {
  const folder = folderOf({ 'daily.ts': pipelineModule('daily', 'export const everyDay =') });
  const lines = generateEntry((await discover(folder)).pipelines.values()).split('\n');
  expect(lines).toContain(
    `exports["daily"] = (input) => runPipeline(() => require(${JSON.stringify(join(folder, 'daily.ts'))})["everyDay"], input, verifier);`,
  );
});

test.each(['node:fs', 'child_process', 'headrace/node', 'headrace/testing'])("a pipeline's module that imports %s is refused with its file", async (module) => {
  const text = `import * as it from '${module}';\n${pipelineModule('daily', undefined, 'void it;')}`;
  await expect(bundle({ 'daily.ts': text })).rejects.toMatchObject({
    code: 'node_in_workflow',
    message: expect.stringMatching(new RegExp(`daily\\.ts imports '${module}'`)),
    fix: expect.stringContaining('implement'),
  });
});

test('a module further down that imports Node is named, and not the one that leads to it', async () => {
  const files = {
    'daily.ts': `import { size } from './lib/size.js';\n${pipelineModule('daily', undefined, 'void size;')}`,
    'lib/size.ts': "import { statSync } from 'node:fs';\nexport const size = () => statSync('.');",
  };
  await expect(bundle(files)).rejects.toMatchObject({ code: 'node_in_workflow', message: expect.stringMatching(/lib\/size\.ts imports 'node:fs'/) });
});

test('there is one zod in the bundle, whichever way it is imported', async () => {
  const text = `import { z as other } from 'zod';\n${pipelineModule('daily', undefined, 'void other;')}`;
  const { code } = await bundle({ 'daily.ts': text });
  expect(code.match(/^\/\*{3}\/ "[^"]*zod\/v4\/core\/parse\.c?js"/gm)).toHaveLength(1);
});
