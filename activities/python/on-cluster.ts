import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type * as z from 'zod';
import { Cost, HeadraceError, ValidationError } from '../../sdk/index.js';
import type { StepContext } from '../../sdk/node/index.js';
import { belowFolder } from '../export/below-folder.js';
import { Cluster } from '../kubernetes/cluster.js';
import { filesFolder, type JobDescription, terminationLog } from '../kubernetes/job.js';
import { JobWork } from '../kubernetes/job-work.js';
import type { PodEnd } from '../kubernetes/pod-end.js';
import { follow } from '../outside/follow.js';
import { environmentAnywhere } from './environment.js';
import { judge } from './exit.js';
import { PrintedLines } from './printed-lines.js';
import { type End, kibibytes } from './process.js';
import { notJson, parseResult, tooLarge } from './result.js';
import { resultMark, runner } from './runner.js';
import type { pythonScript } from './steps.js';

type Input = z.output<typeof pythonScript.input>;
type On = NonNullable<Input['on']>;

/** What the runner tells. */
interface Told extends End {
  result?: string;
  bytes?: number;
  sha256?: string;
  tooLarge?: number;
  notJson?: string;
  cost?: unknown;
}

/** Runs a script as a Job. */
export async function runOnCluster(input: Input, on: On, context: StepContext) {
  const cluster = await Cluster.open(on.connection, context.connection(on.connection, 'kubernetes'));
  const output = new Output(context);
  const work = new JobWork<unknown>(cluster, {
    describe: () => describe(input, on, context),
    owner: context,
    log: context.log,
    startWithin: on.startWithinSeconds * 1_000,
    onLine: (line) => output.take(line),
    judge: (end) => resultOf(end, input, output),
  });
  const { result, engine, cost } = await follow(work, context);
  return { result, lines: output.lines.count, engine, cost: { ...cost, ...output.cost } };
}

/** What a Job prints: lines for the log, and perhaps its result. */
class Output {
  readonly lines: PrintedLines;
  result: string | undefined;
  /** What the script took, as the runner saw it. */
  cost: Cost | undefined;
  /** The runner ends the script's last line before its own, so that an empty line may be the runner's. */
  private empty = 0;

  constructor(context: StepContext) {
    this.lines = new PrintedLines(context.log, []);
  }

  take(line: string): void {
    if (line.startsWith(resultMark)) this.result = line.slice(resultMark.length);
    else if (line === '') this.empty += 1;
    else this.print(line);
  }

  end(): void {
    this.empty -= this.result === undefined || this.empty === 0 ? 0 : 1;
    this.lines.end();
  }

  private print(line: string): void {
    this.lines.add('stdout', `${'\n'.repeat(this.empty)}${line}\n`);
    this.empty = 0;
  }
}

async function describe(input: Input, on: On, context: StepContext): Promise<JobDescription> {
  const { script, args, memory, cpuSeconds } = input;
  const code = await codeOf(script, context);
  const file = 'inImage' in script ? script.inImage : `${filesFolder}/script.py`;
  const files = { 'run.py': runner, 'input.json': JSON.stringify(input.input ?? null), ...(code === undefined ? {} : { 'script.py': code }) };
  refuseTooMuch(files);
  return {
    ...on,
    command: ['python3', '-I', '-u', `${filesFolder}/run.py`, terminationLog, String(kibibytes(memory)), String(cpuSeconds), file, ...args],
    environment: environmentAnywhere(input, context),
    files,
  };
}

async function codeOf(script: Input['script'], context: StepContext): Promise<string | undefined> {
  if ('code' in script) return script.code;
  if ('inImage' in script) return undefined;
  return readFile(await belowFolder(context.connection(script.connection, 'files').folder, script.path), 'utf8');
}

/** Bytes that a ConfigMap holds. */
const room = 1_000_000;

function refuseTooMuch(files: Readonly<Record<string, string>>): void {
  const size = Object.values(files).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (size <= room) return;
  throw new ValidationError(`The script and its input have ${size} bytes; a ConfigMap holds ${room}.`, {
    code: 'payload_too_large',
    fix: 'Put the script into the image (script: { inImage }), and pass a reference instead of data.',
  });
}

function resultOf(end: PodEnd, input: Input, output: Output): unknown {
  output.end();
  const told = toldBy(end);
  // A script that was killed for memory alone leaves the runner, which tells of a signal.
  if (told === undefined || (told.code === null && end.reason === outOfMemory)) throw endedWith(end, output);
  judge(told, input, output.lines);
  output.cost = Cost.safeParse(told.cost).data;
  if (told.tooLarge !== undefined) throw tooLarge(told.tooLarge);
  if (told.notJson !== undefined) throw notJson(told.notJson);
  if (told.sha256 !== undefined) return parseResult(whole(output.result, told.sha256));
  return told.result === undefined ? null : parseResult(told.result);
}

/** Undefined where the runner did not come to its end, or was never begun. */
function toldBy({ message }: PodEnd): Told | undefined {
  try {
    return JSON.parse(message) as Told;
  } catch {
    return undefined;
  }
}

const outOfMemory = 'OOMKilled';

/** What the container's own end stands for. */
function endedWith({ reason, exitCode, message }: PodEnd, { lines }: Output): HeadraceError {
  const [what, fix] = {
    [outOfMemory]: ['was killed, since it took more memory than it may', 'Raise on.memory.'],
    StartError: [`could not be started: ${message}`, 'Take an image that has python3 (3.6 or later) on its PATH.'],
  }[reason] ?? [`ended with exit code ${exitCode}: ${reason}. ${message}`];
  return new HeadraceError([`The script's container ${what}`, ...lines.last].join('\n'), { code: 'script_failed', ...(fix === undefined ? {} : { fix }) });
}

/** A node may turn its logs over, or refuse to show them, and then a large result is cut or lost. */
function whole(result: string | undefined, sum: string): string {
  if (result !== undefined && createHash('sha256').update(result).digest('hex') === sum) return result;
  throw new HeadraceError('The result was too large for the status of the pod, and the log does not have it whole.', {
    code: 'script_failed',
    fix: 'Write what is large to storage, and give a reference as the result. Up to 3,000 bytes need no log.',
  });
}
