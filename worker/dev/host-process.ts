import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { ownFile } from '../host/source.js';
import type { FromHost, HostSettings, Prepared, ToHost } from './host-messages.js';

/** Milliseconds within which a host loads, gives the port back, and drains: much more than each takes where nothing is amiss. */
export interface Patience {
  load: number;
  release: number;
  drain: number;
}

const usualPatience: Patience = { load: 180_000, release: 10_000, drain: 20_000 };

/** A host in a process of its own, so that changed modules are loaded anew. */
export class HostProcess {
  private readonly heard = new EventEmitter();
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;

  constructor(private readonly patience = usualPatience) {
    this.child = fork(ownFile('worker/dev/host-child'), [], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // Who develops reads the log between the lines of the command, also through a pipe.
      env: { HEADRACE_LOG_FORMAT: 'lines', ...process.env },
    });
    this.child.on('message', (message: FromHost) => this.heard.emit(message.kind, message));
    this.ended = once(this.child, 'exit');
    void this.ended.then(() => this.heard.emit('ended'));
  }

  /** Loads what is the same for every pipeline, for the next change. */
  warm(): this {
    this.tell({ kind: 'warm' });
    return this;
  }

  /** @throws HeadraceError the host's refusal, or host_stuck */
  async prepare(settings: HostSettings): Promise<Prepared> {
    const answer = this.ask({ kind: 'prepare', settings }, 'prepared');
    if (await this.within(this.patience.load, answer)) return answer;
    const { load } = this.patience;
    throw new HeadraceError(`Loading ${settings.folder} took more than ${load / 1_000} seconds and was ended.`, { code: 'host_stuck' });
  }

  /** @returns the API's URL */
  async serve(): Promise<string> {
    return (await this.ask({ kind: 'go' }, 'serving')).apiUrl;
  }

  /** Settles when the API's port is free; the worker goes on draining. @returns false where it took no notice and was ended */
  async release(): Promise<boolean> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return true;
    const released = this.ask({ kind: 'stop' }, 'released').catch(() => undefined);
    return this.within(this.patience.release, released);
  }

  /** Settles when the process is gone. */
  async stop(): Promise<void> {
    await this.release();
    await this.within(this.patience.drain, this.ended);
  }

  /** Whether it ends by itself, which it should not. */
  onEnd(listener: () => void): void {
    this.heard.once('ended', listener);
  }

  /** Waits, and ends the process where that takes too long: it may never listen again, in a loop of a step or of a module. */
  private async within(limit: number, work: Promise<unknown>): Promise<boolean> {
    let late = false;
    const force = setTimeout(() => {
      late = true;
      this.child.kill('SIGKILL');
    }, limit);
    try {
      await work;
    } catch (error) {
      if (!late) throw error;
    } finally {
      clearTimeout(force);
    }
    return !late;
  }

  private ask<Kind extends FromHost['kind']>(message: ToHost, answer: Kind): Promise<Extract<FromHost, { kind: Kind }>> {
    return new Promise((resolve, reject) => {
      this.heard.once(answer, resolve);
      this.heard.once('refused', ({ message: text, code, fix }: Extract<FromHost, { kind: 'refused' }>) => reject(new HeadraceError(text, { code, fix })));
      this.heard.once('ended', () =>
        reject(
          new HeadraceError('The process that hosts worker and API ended.', {
            code: 'internal',
            fix: 'Read what it printed last, and start again: runs and their record are kept.',
          }),
        ),
      );
      this.tell(message);
    });
  }

  private tell(message: ToHost): void {
    if (this.child.connected) this.child.send(message);
  }
}
