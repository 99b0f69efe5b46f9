import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as z from 'zod';
import { implement, type StepContext } from '../../sdk/node/index.js';
import { belowFolder } from '../export/below-folder.js';
import { environmentOf, secretWords } from './environment.js';
import { judge } from './exit.js';
import { PrintedLines } from './printed-lines.js';
import { runLimited } from './process.js';
import { readResult } from './result.js';
import { pythonScript } from './steps.js';

type Input = z.output<typeof pythonScript.input>;

export default implement(
  { pythonScript },
  {
    pythonScript: async (input, context) => {
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

async function scriptFile(script: Input['script'], folder: string, context: StepContext): Promise<string> {
  if ('path' in script) return belowFolder(context.connection(script.connection, 'files').folder, script.path);
  const file = join(folder, 'script.py');
  await writeFile(file, script.code);
  return file;
}
