import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as z from 'zod';
import { ValidationError } from '../../sdk/index.js';
import { implement, type StepContext } from '../../sdk/node/index.js';
import { belowFolder } from '../export/below-folder.js';
import { environmentOf, secretWords } from './environment.js';
import { judge } from './exit.js';
import { runOnCluster } from './on-cluster.js';
import { PrintedLines } from './printed-lines.js';
import { runLimited } from './process.js';
import { readResult } from './result.js';
import { pythonScript } from './steps.js';

type Input = z.output<typeof pythonScript.input>;

export default implement(
  { pythonScript },
  {
    pythonScript: async (input, context) => {
      refuseMixture(input);
      if (input.on !== undefined) return runOnCluster(input, input.on, context);
      const folder = await mkdtemp(join(tmpdir(), 'headrace-python-'));
      try {
        return await runScript(input, folder, context);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  },
);

async function runScript(input: Input, folder: string, context: StepContext): Promise<{ result: unknown; lines: number }> {
  const file = await scriptFile(input.script, folder, context);
  const resultFile = join(folder, 'result.json');
  const lines = new PrintedLines(context.log, secretWords(input.connections, context));
  const end = await runLimited({
    command: [process.env.HEADRACE_PYTHON ?? 'python3', '-I', '-u', file, ...input.args],
    folder,
    environment: environmentOf(input, folder, resultFile, context),
    stdin: JSON.stringify(input.input ?? null),
    memory: input.memory,
    cpuSeconds: input.cpuSeconds,
    signal: context.signal,
    onOutput: (source, text) => lines.add(source, text),
  });
  lines.end();
  context.signal.throwIfAborted();
  judge(end, input, lines);
  return { result: await readResult(resultFile), lines: lines.count };
}

/** What only one of the two places has. */
function refuseMixture({ script, connections, on }: Input): void {
  if (on === undefined && 'inImage' in script) throw new ValidationError('A script in an image runs on a cluster: say which (on).', { where: 'script' });
  if (on !== undefined && connections.length > 0)
    throw new ValidationError('A Job gets no connections: their secrets would stand in it.', {
      where: 'connections',
      fix: 'Name keys of Secrets in on.secrets.',
    });
}

async function scriptFile(script: Input['script'], folder: string, context: StepContext): Promise<string> {
  if ('path' in script) return belowFolder(context.connection(script.connection, 'files').folder, script.path);
  const file = join(folder, 'script.py');
  if ('code' in script) await writeFile(file, script.code);
  return file;
}
