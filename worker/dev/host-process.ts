import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { ownFile } from '../host/source.js';
import type { FromHost, HostSettings, Prepared, ToHost } from './host-messages.js';

const patience = 20_000;

/** A host in a process of its own, so that changed modules are loaded anew. */
export class HostProcess {
  private readonly heard = new EventEmitter();
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;

  constructor() {
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

  /** @throws HeadraceError the host's refusal */
  async prepare(settings: HostSettings): Promise<Prepared> {
    return this.ask({ kind: 'prepare', settings }, 'prepared');
  }

  /** @returns the API's URL */
  async serve(): Promise<string> {
    return (await this.ask({ kind: 'go' }, 'serving')).apiUrl;
  }

  /** Settles when the API's port is free; the worker goes on draining. */
  async release(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    await this.ask({ kind: 'stop' }, 'released').catch(() => undefined);
  }

  /** Settles when the process is gone. */
  async stop(): Promise<void> {
    await this.release();
    const force = setTimeout(() => this.child.kill('SIGKILL'), patience);
    await this.ended;
    clearTimeout(force);
  }

  /** Whether it ends by itself, which it should not. */
  onEnd(listener: () => void): void {
    this.heard.once('ended', listener);
  }

  private ask<Kind extends FromHost['kind']>(message: ToHost, answer: Kind): Promise<Extract<FromHost, { kind: Kind }>> {
    return new Promise((resolve, reject) => {
      this.heard.once(answer, resolve);
      this.heard.once('refused', ({ message: text, code, fix }: Extract<FromHost, { kind: 'refused' }>) => reject(new HeadraceError(text, { code, fix })));
      this.heard.once('ended', () => reject(new HeadraceError('The process that hosts worker and API ended.')));
      this.tell(message);
    });
  }

  private tell(message: ToHost): void {
    if (this.child.connected) this.child.send(message);
  }
}
