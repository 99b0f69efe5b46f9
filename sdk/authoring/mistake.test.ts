import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const file = `${root}sdk/authoring/snippet.virtual.ts`;

/** The first sentence that the compiler shows for each line. */
function mistakes(lines: readonly string[]): string[] {
  const text = ["import * as z from 'zod';", "import { approval, pipeline, step } from 'headrace';", ...lines].join('\n');
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.getSourceFile = (name, ...rest) => (name === file ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2023) : getSourceFile(name, ...rest));
  host.fileExists = (name) => name === file || fileExists(name);
  const program = ts.createProgram([file], options, host);
  const found = program
    .getSemanticDiagnostics(program.getSourceFile(file))
    .map((it) => ({ line: it.file?.getLineAndCharacterOfPosition(it.start ?? 0).line ?? 0, text: ts.flattenDiagnosticMessageText(it.messageText, '\n') }));
  return lines.map((_, index) => found.find(({ line }) => line === index + 2)?.text ?? 'no mistake');
}

test('a schema that cannot work is refused by the compiler in a sentence, where it is written', () => {
  const cases = {
    "step('a', { input: z.object({ at: z.date() }) });": 'holds a Date, which JSON cannot carry. Use a string',
    "step('a', { output: z.bigint() });": 'holds a bigint, which JSON cannot carry',
    "step('a', { input: z.object({ rows: z.string().transform(Number) }) });": 'turns its input into another type. Keep the type, and compute in the step.',
    "approval('a', { question: '?', answer: z.map(z.string(), z.number()) });": 'holds a Map, which JSON cannot carry',
    "pipeline('a', { input: z.object({}), output: z.set(z.string()) }, async () => new Set(['a']));": 'holds a Set, which JSON cannot carry',
    "step('a', { retries: 3 });": "'retries' does not exist",
    "step('a', { retry: 'often' });": '"often"',
    "step('a', { timeout: '1 hr' });": '"1 hr"',
  };
  const said = mistakes(Object.keys(cases));
  for (const [index, sentence] of Object.values(cases).entries()) expect(said[index]).toContain(sentence);
});
