import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** What an attempt came to. */
export interface Ended {
  output?: { rows: number };
  code?: string;
  message?: string;
}

/** A process that waits to be told what to load. */
export class AttemptProcess {
  private readonly ready: Promise<unknown>;
  private readonly child: ChildProcess;
  private said: Ended | undefined;

  constructor(connections: unknown) {
    this.child = fork(join(import.meta.dirname, 'attempt.fixture.ts'), [JSON.stringify(connections)], { execArgv: ['--import', 'tsx'] });
    this.ready = once(this.child, 'message');
  }

  async begin(load: object, runId: string): Promise<void> {
    await this.ready;
    this.child.on('message', (said) => {
      this.said = said as Ended;
    });
    this.child.send({ load, runId });
  }

  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(name);
  }

  /** What it said before it was gone; nothing when it was killed before its end. */
  async ended(): Promise<Ended | undefined> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.said;
  }
}
