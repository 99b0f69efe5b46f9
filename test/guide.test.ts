import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { catalogue } from '../sdk/authoring/error-catalogue.js';
import { retryPresets } from '../sdk/authoring/retry.js';
import { statuses } from '../worker/api/problem.js';

const root = join(import.meta.dirname, '..');
const guide = readFileSync(join(root, 'sdk/guide.md'), 'utf8');

/** The page's blocks of code as files that are not there, by what they are called on the page. */
function blocks(): Map<string, string> {
  const names = ['daily-orders.ts', 'daily-orders.run.ts', 'daily-orders.check.ts'];
  const found = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);
  expect(found).toHaveLength(names.length);
  return new Map(names.map((name, index) => [join(root, 'examples', name), found[index] as string]));
}

test('the code of the guide is typed', () => {
  const files = blocks();
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (file) => readFileSync(file, 'utf8')) as { config: { compilerOptions: object } };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => files.has(file) || fileExists(file);
  host.readFile = (file) => files.get(file) ?? readFile(file);
  host.getSourceFile = (file, version, ...rest) => {
    const text = files.get(file);
    return text === undefined ? getSourceFile(file, version, ...rest) : ts.createSourceFile(file, text, version);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  const wrong = [...files.keys()].flatMap((file) => ts.getPreEmitDiagnostics(program, program.getSourceFile(file)));
  expect(wrong.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
}, 120_000);

test('its retry presets are those of the source', () => {
  const rows = Object.entries(retryPresets).map(
    ([name, { attempts, firstWait, longestWait, backoff }]) => `| \`${name}\` | ${attempts} | ${firstWait} | ${longestWait} | ${backoff} |`,
  );
  expect([...guide.matchAll(/^\| `\w+` \| \d+ \| .* \| .* \| [\d.]+ \|$/gm)].map(([row]) => row)).toEqual(rows);
});

// `npm test -- test/guide.test.ts --update` writes it anew.
test('the page of errors has each code, with what to do and the status that the API answers', async () => {
  const rows = Object.entries(catalogue)
    .map(([code, fix]) => `| \`${code}\` | ${statuses[code] ?? ''} | ${fix.replaceAll('|', '\\|').replaceAll('<', '\\<')} |`)
    .sort();
  const page = [
    '# Error codes',
    '',
    'Every error has a code, a message that says what is wrong, where, and a fix. The fix here is shown where whoever threw it knew none better. The status is that of the API; other codes end runs and commands.',
    '',
    '| code | status | what to do |',
    '|---|---|---|',
    ...rows,
    '',
  ];
  await expect(page.join('\n')).toMatchFileSnapshot(join(root, 'sdk/errors.md'));
});
