import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch } from 'node:os';
import { dirname, join } from 'node:path';

/** An image's name, and the PATH that its containers have. */
export interface ImageName {
  name: string;
  path?: string;
}

/** Where this machine's Python is. */
interface Python {
  program: string;
  library: string;
  extensions: string;
}

const quietly: ExecFileSyncOptionsWithStringEncoding = { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', maxBuffer: 2 ** 26 };
/** What a container's first process does when its pod has no other command for it, as that of the pod itself. */
const pause = ['-I', '-c', 'import signal; signal.pause()'];

/**
 * Writes images of this machine's python3, its standard library and what they are linked with: nothing else is in them. They are alike but for their names
 * and PATHs.
 *
 * @param archive a file as `docker save` writes it
 */
export function writePythonImages(archive: string, images: readonly ImageName[]): void {
  const python = findPython();
  const folder = mkdtempSync(`${archive}-`);
  try {
    writeLayer(join(folder, 'layer.tar'), python);
    const layer = sha256(readFileSync(join(folder, 'layer.tar')));
    const manifest = images.map((image) => ({ Config: writeConfig(folder, layer, python, image), RepoTags: [image.name], Layers: ['layer.tar'] }));
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    execFileSync('tar', ['--create', '--file', archive, '--directory', folder, ...readdirSync(folder)], quietly);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function findPython(): Python {
  const ask = `import json, sys, sysconfig
paths = sysconfig.get_paths()
print(json.dumps({'program': getattr(sys, '_base_executable', sys.executable), 'library': paths['stdlib'], 'extensions': paths['platstdlib'] + '/lib-dynload'}))`;
  return JSON.parse(execFileSync('python3', ['-I', '-c', ask], quietly)) as Python;
}

function writeLayer(file: string, { program, library, extensions }: Python): void {
  const aside = mkdtempSync(`${file}-`);
  mkdirSync(join(aside, 'tmp'), { mode: 0o777 });
  const modules = readdirSync(extensions).filter((name) => name.endsWith('.so'));
  const paths = [program, library, ...linked([program, ...modules.map((name) => join(extensions, name))])].map((path) => path.slice(1));
  const without = ['__pycache__', 'site-packages', 'dist-packages', 'test', 'idlelib', 'ensurepip', 'config-*'].map((name) => `--exclude=${name}`);
  execFileSync('tar', ['--create', '--dereference', '--file', file, ...without, '--directory', aside, 'tmp', '--directory', '/', ...new Set(paths)], quietly);
  rmSync(aside, { recursive: true });
}

/** The libraries that these are linked with, and the loader. */
function linked(programs: readonly string[]): string[] {
  return execFileSync('ldd', programs, quietly)
    .split('\n')
    .map((line) => /^\t(?:.* => )?(\/\S+) \(0x/.exec(line)?.[1])
    .filter((path) => path !== undefined);
}

function writeConfig(folder: string, layer: string, { program }: Python, { path = dirname(program) }: ImageName): string {
  const architecture = arch() === 'x64' ? 'amd64' : arch();
  const config = { Entrypoint: [program, ...pause], Env: [`PATH=${path}`] };
  const text = JSON.stringify({ architecture, os: 'linux', config, rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] } });
  const file = `${sha256(text)}.json`;
  writeFileSync(join(folder, file), text);
  return file;
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
