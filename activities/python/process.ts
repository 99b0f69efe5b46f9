import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Source } from './printed-lines.js';

export interface LimitedProcess {
  command: string[];
  folder: string;
  environment: Record<string, string>;
  stdin: string;
  /** `512MB`, `4GB`: address space of each process. */
  memory: string;
  cpuSeconds: number;
  signal: AbortSignal;
  onOutput: (source: Source, text: string) => void;
}

/** How a process ended: with an exit code, or by a signal. */
export interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** Time between asking a process to stop and ending it. */
const grace = 5_000;

/**
 * Sets the limits and becomes the command. A watcher in the same group waits on a pipe from the worker: when the worker dies, however it dies, the pipe
 * closes and the group with it, so that no script of a dead worker runs beside its own next attempt. Shells without a limit (macOS has none for memory) say so.
 */
const launcher = `
ulimit -c 0
ulimit -v "$1" 2>/dev/null || echo "headrace: this system cannot limit memory" >&2
{ ulimit -S -t "$2" && ulimit -H -t "$(($2 + 5))"; } 2>/dev/null || echo "headrace: this system cannot limit computing time" >&2
( trap '' TERM; read -r _ <&3; kill -KILL 0 ) </dev/null >/dev/null 2>&1 &
shift 2
exec "$@" 3<&-
`;

/**
 * Runs a command with limits, in a process group of its own, and leaves none of the group behind.
 * When the signal is aborted the whole group gets TERM, and KILL after 5 seconds.
 */
export async function runLimited(limited: LimitedProcess): Promise<End> {
  const child = spawn('sh', ['-c', launcher, 'sh', String(kibibytes(limited.memory)), String(limited.cpuSeconds), ...limited.command], {
    cwd: limited.folder,
    env: limited.environment,
    detached: true, // a group of its own
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  connectStreams(child, limited);
  const stop = stopOnAbort(child, limited.signal);
  const closed = once(child, 'close');
  closed.catch(() => undefined); // a process that cannot even start is told by 'exit' below
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    killGroup(child, 'SIGKILL'); // what it left in the background, and the watcher
    await closed;
    return { code, signal };
  } finally {
    stop();
  }
}

function connectStreams(child: ChildProcess, { stdin, onOutput }: LimitedProcess): void {
  for (const source of ['stdout', 'stderr'] as const) child[source]?.setEncoding('utf8').on('data', (text: string) => onOutput(source, text));
  for (const stream of child.stdio) stream?.on('error', () => undefined); // a script need not read its input to the end
  child.stdin?.end(stdin);
}

function stopOnAbort(child: ChildProcess, signal: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined;
  const abort = () => {
    killGroup(child, 'SIGTERM');
    timer = setTimeout(() => killGroup(child, 'SIGKILL'), grace);
  };
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  };
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it is gone already
  }
}

/** Of sizes such as `512MB` and `4GB`. */
export function kibibytes(size: string): number {
  return Number.parseInt(size, 10) * (size.endsWith('GB') ? 1_048_576 : 1_024);
}
