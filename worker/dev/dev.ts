import { watch } from 'node:fs';
import { resolve } from 'node:path';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { readSecurity } from '../../sdk/node/client/temporal-security.js';
import { readEncryption } from '../../sdk/node/encryption/read-key-ring.js';
import { codecPath } from '../api/codec.js';
import type { Settings } from '../cli/settings.js';
import type { HostSettings, Prepared } from './host-messages.js';
import { HostProcess } from './host-process.js';
import { assertPortFree, freePort } from './port.js';
import { lockState } from './state-lock.js';
import { startTemporal } from './temporal-server.js';

export interface DevOptions {
  settings: Settings;
  /** Where Temporal's database is; a second owner is refused. */
  stateFolder: string;
  /** Begins with an empty state. */
  fresh?: boolean;
  /** The API's port, refused when taken; else 8092 or a free one. */
  apiPort?: number;
  /** Watches the folder and hosts what changed. */
  reload?: boolean;
  report?: (line: string) => void;
}

/** Everything for development in one process tree. */
export interface Dev {
  apiUrl: string;
  uiUrl: string | undefined;
  address: string;
  namespace: string;
  /** The table of pipelines and steps. */
  found: string;
  stop(): Promise<void>;
}

const defaultApiPort = 8092;

/**
 * Starts Temporal's dev server, a worker and the API, and hosts changed modules anew.
 *
 * @throws HeadraceError state_in_use, no_temporal, port_taken, or what makes the pipelines unusable
 */
export async function startDev(options: DevOptions): Promise<Dev> {
  const { settings, stateFolder, report = console.log } = options;
  const lock = lockState(stateFolder);
  const undo: (() => Promise<unknown> | void)[] = [() => lock.release()];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    if (options.fresh === true) lock.clear();
    const apiPort = await chooseApiPort(options.apiPort);
    const { address, namespace, file } = settings;
    const security = address === undefined ? undefined : readSecurity(settings.security);
    const codecEndpoint = readEncryption(file) && `http://127.0.0.1:${apiPort}${codecPath}/${namespace}`;
    const temporal = await startTemporal({ stateFolder, address, security, namespace, codecEndpoint, report });
    undo.push(() => temporal.stop());
    const folders = { cacheFolder: resolve(stateFolder, 'bundle'), registryFolder: resolve(stateFolder, 'registry') };
    // The console was told where to ask for what is encrypted.
    const anyPort = options.apiPort === undefined && !codecEndpoint;
    const host = new Hosting({ ...hostSettings(settings, temporal.address), apiPort, anyPort, uiUrl: temporal.uiUrl, ...folders }, report);
    undo.push(() => host.stop());
    const { apiUrl, found } = await host.start();
    if (options.reload === true) undo.push(host.watch(settings.pipelines));
    lock.announce([`${apiUrl}/v1`, ...(temporal.uiUrl === undefined ? [] : [temporal.uiUrl])]);
    return { apiUrl, uiUrl: temporal.uiUrl, address: temporal.address, namespace: temporal.namespace, found, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function hostSettings(
  { pipelines: folder, file: settingsFile, namespace, taskQueue, concurrency, record, auth, limits, security, ...rest }: Settings,
  address: string,
) {
  return {
    folder,
    settingsFile,
    address,
    namespace,
    taskQueue,
    concurrency,
    record,
    auth,
    limits,
    security: rest.address === undefined ? undefined : security,
  };
}

async function chooseApiPort(asked: number | undefined): Promise<number> {
  if (asked === undefined) return freePort(defaultApiPort);
  await assertPortFree(asked);
  return asked;
}

/** The host that serves, and one that is warm for the next change. */
class Hosting {
  private current: HostProcess | undefined;
  private next = new HostProcess();
  private changing: Promise<void> = Promise.resolve();
  /** The modules that the current host took its pipelines and steps from. */
  private hosted: string[] = [];
  private stopping = false;

  constructor(
    private settings: HostSettings,
    private readonly report: (line: string) => void,
  ) {}

  async start(): Promise<{ apiUrl: string; found: string }> {
    const host = this.next;
    const { found, hosted } = await host.prepare(this.settings);
    const apiUrl = await this.replace(host, hosted);
    // Those who know the URL find the next host there, too.
    this.settings = { ...this.settings, apiPort: Number(new URL(apiUrl).port), anyPort: false };
    return { apiUrl, found };
  }

  /** @returns what ends the watching */
  watch(folder: string): () => void {
    let timer: NodeJS.Timeout | undefined;
    const watcher = watch(folder, { recursive: true }, (_event, file) => {
      if (file === null || !/\.m?[jt]s$/.test(file)) return;
      clearTimeout(timer);
      // Editors write a file in several steps.
      timer = setTimeout(() => void this.reload(file), 30);
    });
    return () => watcher.close();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.next.stop(); // which may be loading for ever
    await this.changing;
    const { current } = this;
    this.current = undefined;
    await Promise.all([current?.stop(), this.next.stop()]);
  }

  private reload(file: string): Promise<void> {
    this.changing = this.changing.then(() => this.change(file));
    return this.changing;
  }

  private async change(file: string): Promise<void> {
    const began = performance.now();
    const host = this.next;
    try {
      const { refused, found, hosted } = await host.prepare(this.settings);
      this.refuseLoss(refused);
      await this.replace(host, hosted);
      this.report(`${file} changed: reloaded in ${Math.round(performance.now() - began)} ms${refused.length > 0 ? `\n${found}` : ''}`);
    } catch (error) {
      if (this.stopping) return;
      const { message, fix } = error as Error & { fix?: string };
      this.report(`${file} changed, and what was there before goes on: ${message}${fix === undefined ? '' : `\n  fix: ${fix}`}`);
      this.next = new HostProcess().warm();
      await host.stop();
    }
  }

  /** A module that is being written must not take away what it served, from runs that go on. */
  private refuseLoss(refused: Prepared['refused']): void {
    const lost = refused.find(({ file }) => this.hosted.includes(file));
    if (lost !== undefined) throw new HeadraceError(lost.message, { code: lost.code, fix: lost.fix, where: lost.file });
  }

  private async replace(host: HostProcess, hosted: string[]): Promise<string> {
    const before = this.current;
    this.current = undefined;
    if ((await before?.release()) === false)
      this.report('The worker took no notice and was ended: a step that computes for long belongs into a process of its own.');
    const apiUrl = await host.serve();
    this.current = host;
    this.hosted = hosted;
    this.next = new HostProcess().warm();
    host.onEnd(() => this.current === host && this.report('The worker ended unexpectedly: save a file to start it again, or restart headrace dev.'));
    return apiUrl;
  }
}
