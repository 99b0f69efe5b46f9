import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

test('the first pipeline in the README is the file that runs', () => {
  const shown = /<!-- first-pipeline -->\n```ts\n(.*?)```/s.exec(read('README.md'))?.[1];
  expect(shown).toBe(read('examples/first-pipeline/first-pipeline.ts'));
});

test('the step of one’s own in the README is the files that run', () => {
  const shown = /<!-- own-step -->\n```ts\n(.*?)```\n\n```ts\n(.*?)```\n/s.exec(read('README.md'));
  expect(shown?.slice(1)).toEqual(['unfold-geojson.ts', 'unfold-geojson.run.ts'].map((file) => read(`examples/earthquakes/${file}`)));
});

test('the first pipeline has 30 lines at most', () => {
  const lines = read('examples/first-pipeline/first-pipeline.ts').trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(30);
});
