import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { expect, inject, test } from 'vitest';
import { command, copiesOf, strangersProject } from './project.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

const files = {
  'tsconfig.json': JSON.stringify({
    compilerOptions: { target: 'es2023', module: 'nodenext', strict: true, noEmit: true, types: ['node'], skipLibCheck: false },
    include: ['pipelines', 'tools'],
  }),
  'pipelines/greet.ts': `import { pipeline, step } from 'headrace';
import { validateQuality } from 'headrace/steps';
import * as z from 'zod';

export const greet = step('greet', { input: z.object({ name: z.string() }), output: z.string() });

export const greeting = pipeline('greeting', { input: z.object({ name: z.string() }), output: z.string() }, async (flow, { name }) => {
  flow.skip(validateQuality, 'there is nothing to check');
  return greet({ name });
});
`,
  'pipelines/work.ts': `import { implement } from 'headrace/node';
import { greet } from './greet.js';

export default implement({ greet }, { greet: async ({ name }, context) => \`Hello \${name}, this is \${context.callId}\` });
`,
  'tools/failed.ts': `import { ApiClient } from 'headrace/api-client';

export async function failed(url: string): Promise<string[]> {
  const { runs } = await new ApiClient({ url }).get('/v1/pipelines/workflows', { params: { query: { status: 'FAILED' } } });
  return runs.map(({ workflowId }) => workflowId);
}
`,
  'bed.mjs': `import { testBed } from 'headrace/testing';
const bed = await testBed('./pipelines', { server: { address: process.env.TEMPORAL_ADDRESS, namespace: process.env.TEMPORAL_NAMESPACE } });
const { greeting } = await import('./pipelines/greet.ts');
console.log((await bed.run(greeting, { name: 'bed' })).output);
await bed.close();
`,
  'runs.json': JSON.stringify([{ title: 'A greeting', pipeline: 'greeting', input: { name: 'you' } }]),
};

/** Our own declarations are checked too; Temporal's lack those of the package ms. */
async function typeErrors(folder: string): Promise<string[]> {
  const printed = await command(folder, 'npx', ['tsc']).catch((error: Error) => error.message);
  return printed.split('\n').filter((line) => /error TS/.test(line) && !/node_modules\/@temporalio\//.test(line));
}

test("a stranger's project has types, one zod and a pipeline that runs", { timeout: 400_000 }, async () => {
  const folder = await strangersProject(files);
  const { address, namespace } = inject('temporal');
  const temporal = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, HEADRACE_TASK_QUEUE: `stranger-${randomUUID()}` };
  expect(copiesOf('zod', folder)).toHaveLength(1);
  expect(await command(folder, 'npx', ['headrace', 'check', './pipelines'])).toContain('greeting');
  expect(await typeErrors(folder)).toEqual([]);
  expect(await command(folder, process.execPath, ['bed.mjs'], temporal)).toContain('Hello bed, this is greet#1');
  const dev = await command(folder, 'npx', ['headrace', 'dev', './pipelines', '--runs', 'runs.json', '--exit'], temporal);
  expect(dev).toContain('SUCCEEDED');
  rmSync(join(folder, 'node_modules/@temporalio/testing'), { recursive: true });
  // Go is found beside PATH, too.
  const bare = { PATH: '', XDG_CACHE_HOME: join(folder, 'cache'), GOPROXY: 'off', GOMODCACHE: join(folder, 'modules') };
  const main = join(folder, 'node_modules/headrace/dist/worker/main.cjs');
  await expect(command(folder, process.execPath, [main, 'dev', './pipelines'], bare)).rejects.toThrow(
    /no_temporal[\s\S]*fix: .*npm install @temporalio\/testing/,
  );
  rmSync(folder, { recursive: true, force: true });
});

test('publint finds nothing in the package', async () => {
  const { messages, pkg } = await publint({ pkgDir: root, strict: true });
  expect(messages.map((message) => formatMessage(message, pkg as never))).toEqual([]);
});
