import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** An image, and a folder with its files. */
export interface Image {
  name: string;
  /** Its file system, to be used read-only. */
  root: string;
  /** As its maker set them. */
  config: { User: string; Env: string[]; Entrypoint: string[]; Cmd: string[]; WorkingDir: string };
  /** Megabytes of all layers, uncompressed, the base's first. */
  layers: number[];
  /** How long it took to make. */
  seconds: number;
}

interface Recipe {
  name: string;
  /** The Dockerfile. */
  file: string;
  /** The folder that it copies from. */
  context: string;
  parameters?: Record<string, string>;
}

const run = promisify(execFile);

/** Buildah with a store of its own, so that nothing is shared with others and nothing is left behind. */
export class Buildah {
  private readonly folder = mkdtempSync(join(tmpdir(), 'headrace-images-'));

  async build({ name, file, context, parameters = {} }: Recipe): Promise<Image> {
    const begun = Date.now();
    const given = Object.entries(parameters).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]);
    await this.call('build', '--tag', name, '--file', file, ...given, context);
    return this.mount(name, (Date.now() - begun) / 1_000);
  }

  /** An image of a tar file. */
  async import(name: string, folder: string, archive: string): Promise<void> {
    const file = join(this.folder, 'Dockerfile.import');
    writeFileSync(file, `FROM scratch\nADD ${archive} /\n`);
    await this.call('build', '--tag', name, '--file', file, folder);
  }

  async remove(): Promise<void> {
    await this.call('rm', '--all');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async mount(name: string, seconds: number): Promise<Image> {
    const root = await this.call('mount', await this.call('from', name));
    const { OCIv1, Manifest } = JSON.parse(await this.call('inspect', '--type', 'image', name)) as { OCIv1: { config: Image['config'] }; Manifest: string };
    const { layers } = JSON.parse(Manifest) as { layers: { size: number }[] };
    return { name, root, seconds, config: OCIv1.config, layers: layers.map(({ size }) => Math.round(size / 1e6)) };
  }

  /** @throws with the end of what it said */
  private async call(...parameters: string[]): Promise<string> {
    const store = ['--root', join(this.folder, 'storage'), '--runroot', join(this.folder, 'run')];
    const options = { env: { ...process.env, BUILDAH_ISOLATION: 'chroot' }, maxBuffer: 2 ** 26, timeout: 15 * 60_000 };
    try {
      return (await run('buildah', [...store, ...parameters], options)).stdout.trim();
    } catch (error) {
      const { stdout, stderr, message } = error as Error & { stdout?: string; stderr?: string };
      throw new Error(`buildah ${parameters[0]}: ${`${stdout ?? ''}${stderr ?? ''}`.trim().slice(-3_000) || message}`);
    }
  }
}
