/**
 * From the moment a file is saved to the first step of the new code, under `headrace dev`, with a hundred other pipelines in the folder, against
 * bundling the same folder alone in a process that has bundled before. The figure is how many times longer the whole takes.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from 'headrace/node';
import { bundlePipelines, discover, readSettings, startDev } from 'headrace/worker';
import { printFigure } from './bench-figure.js';
import { median, medianInterval } from './bench-statistics.js';

const here = dirname(fileURLToPath(import.meta.url));
const rounds = 9;

const folder = mkdtempSync(join(here, '.reload-'));
const stateFolder = mkdtempSync(join(tmpdir(), 'headrace-reload-'));
process.on('exit', () => {
  for (const it of [folder, stateFolder]) rmSync(it, { recursive: true, force: true });
});

const other = (index: number) => `import { pipeline } from 'headrace';\nimport * as z from 'zod';
export const other${index} = pipeline('other_${index}', { input: z.object({ id: z.number() }), output: z.object({ id: z.number() }) }, async (_flow, it) => it);\n`;

const changing = (version: number) => `import { pipeline, step } from 'headrace';\nimport * as z from 'zod';
export const tell = step('tell', { output: z.object({ at: z.number(), version: z.number() }) });
export const changing = pipeline('changing', { input: z.object({}), output: z.object({ at: z.number(), version: z.number(), ofPipeline: z.number() }) }, async () => ({ ...(await tell()), ofPipeline: ${version} }));\n`;

const telling = (version: number) => `import { implement } from 'headrace/node';\nimport { tell } from './changing.js';
export default implement({ tell }, { tell: async () => ({ at: performance.timeOrigin + performance.now(), version: ${version} }) });\n`;

for (let index = 0; index < 100; index += 1) writeFileSync(join(folder, `other-${index}.ts`), other(index));
writeFileSync(join(folder, 'telling.ts'), telling(0));
writeFileSync(join(folder, 'changing.ts'), changing(0));

let reloaded: () => void = () => undefined;
const report = (line: string) => {
  if (!line.includes('reloaded')) console.log(line);
  reloaded();
};
const settings = { ...readSettings(folder), file: join(folder, 'headrace.json'), pipelines: folder, address: undefined };
const dev = await startDev({ settings, stateFolder, reload: true, report });
const client = await connect({ address: dev.address, namespace: dev.namespace, taskQueue: settings.taskQueue });

type Told = { at: number; ofPipeline: number };

async function saveToFirstStep(version: number): Promise<number> {
  const ready = new Promise<void>((resolve) => {
    reloaded = resolve;
  });
  const began = performance.timeOrigin + performance.now();
  writeFileSync(join(folder, 'changing.ts'), changing(version));
  await ready;
  const { workflowId } = await start();
  const told = (await client.run(workflowId).result()) as Told;
  if (told.ofPipeline !== version) throw new Error(`the run had the code of version ${told.ofPipeline}, not ${version}`);
  return told.at - began;
}

async function start(): Promise<{ workflowId: string }> {
  const response = await fetch(`${dev.apiUrl}/v1/pipelines/changing/execute`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  return (await response.json()) as { workflowId: string };
}

const catalogue = await discover(folder);
const bundleAlone = async () => {
  const began = performance.now();
  await bundlePipelines(catalogue);
  return performance.now() - began;
};

await bundleAlone();
await saveToFirstStep(1);
const times = { reload: [] as number[], bundle: [] as number[] };
for (let round = 0; round < rounds; round += 1) {
  // The next host warms up meanwhile, as it does between two changes of a person.
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  times.bundle.push(await bundleAlone());
  times.reload.push(await saveToFirstStep(round + 2));
}
const ratios = times.reload.map((it, round) => it / (times.bundle[round] as number));
const [low, high] = medianInterval(ratios);
console.log(`saved to first step ${median(times.reload).toFixed(0)} ms, bundling alone ${median(times.bundle).toFixed(0)} ms, ${rounds} rounds`);
console.log(`90 % interval of the median ratio: ${low.toFixed(2)} to ${high.toFixed(2)}`);
await client.close();
await dev.stop();
printFigure('reload', median(ratios), 2, 'ratio', { atMost: 1.5 });
