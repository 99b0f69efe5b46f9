import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readBundle, writeBundle } from './bundle-file.js';
import { discover } from './discover.js';
import { folderOf, pipelineModule } from './folder.fixture.js';

const bundled = async () => {
  const folder = folderOf({ 'daily.ts': pipelineModule('daily') });
  const catalogue = await discover(folder);
  const file = join(folder, 'bundle.cjs');
  await writeBundle(file, catalogue);
  return { folder, catalogue, file };
};

test('a bundle is read as it was written, with its source map at the end', async () => {
  const { catalogue, file } = await bundled();
  const { code } = readBundle(file, catalogue);
  expect(code).toBe(readFileSync(file, 'utf8'));
  const map = Buffer.from(code.slice(code.lastIndexOf('base64,') + 7), 'base64').toString();
  expect((JSON.parse(map) as { sources: string[] }).sources.some((source) => source.endsWith('daily.ts'))).toBe(true);
});

test('a bundle is refused when a module was changed or added since, and when nothing says what it was made from', async () => {
  const { folder, catalogue, file } = await bundled();
  const stale = expect.objectContaining({ code: 'stale_bundle', where: file });
  const module = join(folder, 'daily.ts');
  const before = readFileSync(module, 'utf8');
  appendFileSync(module, '// changed\n');
  expect(() => readBundle(file, catalogue)).toThrow(stale);
  writeFileSync(module, before);
  expect(readBundle(file, catalogue).code).toContain('daily');
  writeFileSync(join(folder, 'steps.ts'), '');
  expect(() => readBundle(file, catalogue)).toThrow(stale);
  writeFileSync(file, 'exports.daily = () => undefined;\n');
  expect(() => readBundle(file, catalogue)).toThrow(stale);
});

test('a bundle that is not there is refused with its path', async () => {
  const { catalogue } = await bundled();
  expect(() => readBundle('/nowhere/bundle.cjs', catalogue)).toThrow(expect.objectContaining({ code: 'unreadable_file', where: '/nowhere/bundle.cjs' }));
});
