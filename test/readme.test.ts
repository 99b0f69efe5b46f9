import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

const pages = ['README.md', ...['activities', 'examples', 'sdk', 'test', 'worker', 'workflows'].flatMap(pagesBelow)];

function pagesBelow(folder: string): string[] {
  const files = readdirSync(new URL(`../${folder}`, import.meta.url), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.md')).map((file) => `${folder}/${file}`);
}

/** A heading's name in links, as GitHub makes it. */
const anchors = (text: string) =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );

test.each(pages)('each link of %s leads somewhere', (page) => {
  for (const [, link = ''] of read(page).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^https?:/.test(link)) continue;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : join(dirname(page), path);
    expect([link, existsSync(new URL(`../${target}`, import.meta.url))]).toEqual([link, true]);
    if (anchor !== undefined) expect([link, anchors(read(target)).includes(anchor)]).toEqual([link, true]);
  }
});
