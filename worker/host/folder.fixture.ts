import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

// Below the repository, so that the modules find zod; out of the compiler's and the linter's sight, since some are broken.
const parent = fileURLToPath(new URL('../../.headrace/tests', import.meta.url));
const made: string[] = [];

afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A pipelines folder with these files, until the test file ends. */
export function folderOf(files: Record<string, string>, below = parent): string {
  mkdirSync(below, { recursive: true });
  const folder = mkdtempSync(join(below, 'pipelines-'));
  made.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const head = "import { pipeline, step } from 'headrace';\nimport * as z from 'zod';\n";

/** A module that exports a pipeline under a name. */
export function pipelineModule(id: string, exported = `export const ${id} =`, body = ''): string {
  return `${head}${exported} pipeline('${id}', { input: z.object({}), output: z.void() }, async () => { ${body} });\n`;
}

/** A module that exports a step under its id. */
export function stepModule(id: string): string {
  return `${head}export const ${id} = step('${id}');\n`;
}
