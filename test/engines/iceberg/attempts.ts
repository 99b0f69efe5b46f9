import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** What an attempt came to. */
export interface Ended {
  output?: { rows: number };
  code?: string;
  message?: string;
}

/** What such a process is told to do. */
export interface Told {
  step: 'load_to_iceberg' | 'apply_migration' | 'create_backup' | 'restore_backup' | 'compact_iceberg_table';
  input: object;
  changes: { runId?: string; key?: string };
}

/** A process that waits to be told what to do. */
export class AttemptProcess {
  private readonly ready: Promise<unknown>;
  private readonly child: ChildProcess;
  private said: Ended | undefined;

  constructor(connections: unknown) {
    this.child = fork(join(import.meta.dirname, 'attempt.fixture.ts'), [JSON.stringify(connections)], { execArgv: ['--import', 'tsx'] });
    this.ready = once(this.child, 'message');
  }

  async begin(told: Told): Promise<void> {
    await this.ready;
    this.child.on('message', (said) => {
      this.said = said as Ended;
    });
    this.child.send(told);
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
