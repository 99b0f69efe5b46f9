import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** Runs a command to its end. @throws with all that it printed */
export async function command(cwd: string, program: string, parameters: string[], environment: NodeJS.ProcessEnv = {}): Promise<string> {
  try {
    const { stdout, stderr } = await run(program, parameters, { cwd, env: { ...process.env, NODE_OPTIONS: '', ...environment }, maxBuffer: 2 ** 26 });
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${parameters.join(' ')}: ${stdout ?? ''}${stderr ?? ''}${(error as Error).message}`);
  }
}

/** Builds and packs Headrace. @returns the path of the tarball */
export async function pack(into: string): Promise<string> {
  await command(root, 'npm', ['run', 'build']);
  const printed = await command(root, 'npm', ['pack', '--json', '--pack-destination', into]);
  const [{ filename } = { filename: '' }] = JSON.parse(printed.slice(printed.indexOf('[\n'), printed.lastIndexOf(']') + 1)) as { filename: string }[];
  return join(into, filename);
}

/** What README tells a stranger to install beside Headrace. */
function readmesPackages(): string[] {
  const [, temporals = ''] = /npm install headrace zod @temporalio\/\{([\w,]+)\}/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
  return ['zod', ...temporals.split(',').map((name) => `@temporalio/${name}`)];
}

/** An empty project elsewhere, with the tarball, what README says to install with it, and these files. */
export async function strangersProject(files: Record<string, string>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'stranger-'));
  const tarball = await pack(folder);
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { devDependencies: Record<string, string> };
  const tested = (name: string): [string, string] => [name, devDependencies[name] ?? '*'];
  const dependencies = { headrace: `file:${tarball}`, ...Object.fromEntries(readmesPackages().map(tested)) };
  const tools = Object.fromEntries(['typescript', '@types/node'].map(tested));
  const manifest = { name: 'stranger', private: true, type: 'module', dependencies, devDependencies: tools };
  for (const [name, text] of Object.entries({ 'package.json': JSON.stringify(manifest), ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  await command(folder, 'npm', ['install', '--prefer-offline', '--no-audit', '--no-fund']);
  return folder;
}

/** The folders in which a package is installed, at any depth. */
export function copiesOf(name: string, folder: string): string[] {
  return readdirSync(join(folder, 'node_modules'), { recursive: true, encoding: 'utf8' }).filter(
    (path) => `/${path}`.endsWith(`/${name}/package.json`) && new RegExp(`(^|node_modules/)${name}/package\\.json$`).test(path),
  );
}
