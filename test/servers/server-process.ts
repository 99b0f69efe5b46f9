import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { leash } from '../../worker/dev/leash.js';

export interface ServerCommand {
  /** What it is, for messages. */
  name: string;
  program: string;
  parameters: readonly string[];
  options?: Pick<SpawnOptions, 'cwd' | 'uid' | 'gid' | 'env'>;
  /** The file to which it writes. */
  log: string;
  /** How it is asked to end when we are gone: SIGTERM unless said. */
  leashSignal?: 'TERM' | 'INT';
  /** Milliseconds that it may take to answer: a minute unless said. */
  timeLimit?: number;
  /** Settles when the server answers as it should; rejects while it does not. */
  answers: () => Promise<unknown>;
}

const minute = 60_000;

/** A server that lives as long as this process, and that can be taken away, as an outage does, and brought back. */
export class ServerProcess {
  private child: ChildProcess | undefined;

  constructor(private readonly command: ServerCommand) {}

  /** Undefined while it is halted. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Starts it, for the first time or again, and waits until it answers. Rejects with the end of its log. */
  async resume(): Promise<void> {
    if (this.child !== undefined) return;
    const child = this.launch();
    this.child = child;
    const over = () => void (this.child = this.child === child ? undefined : this.child);
    child.once('exit', over).once('error', over);
    try {
      await this.untilItAnswers(child);
    } catch (error) {
      await this.halt('SIGKILL');
      const said = readFileSync(this.command.log, 'utf8').trim().slice(-2_000);
      throw new Error(`${this.command.name} did not start: ${(error as Error).message}; its log: ${said}`);
    }
  }

  /** Starts it as one of servers that are stopped together. @param signal by which it is ended then */
  async begin(signal: NodeJS.Signals): Promise<{ stop(): Promise<void> }> {
    await this.resume();
    return { stop: () => this.halt(signal) };
  }

  /** Ends it, and waits until it is gone: by force after 10 seconds. What it keeps on disk stays. */
  async halt(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.signalCode === null && child.kill(signal)) {
      const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await gone;
      clearTimeout(force);
    }
  }

  private launch(): ChildProcess {
    const { program, parameters, options, log: file, leashSignal } = this.command;
    const log = openSync(file, 'a');
    // Ctrl-C reaches the test runner alone, which then stops its servers.
    const child = spawn(program, parameters, { ...options, detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    if (child.pid !== undefined) child.once('exit', leash(child.pid, leashSignal));
    return child;
  }

  private async untilItAnswers(child: ChildProcess): Promise<void> {
    for (const end = Date.now() + (this.command.timeLimit ?? minute); ; await wait(50)) {
      const refusal = await this.command.answers().then(
        () => undefined,
        (error: Error) => error,
      );
      if (refusal === undefined) return;
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) throw new Error('it ended while starting');
      if (Date.now() > end) throw refusal;
    }
  }
}
