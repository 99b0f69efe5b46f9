// What a clone needs before anything of it runs. Plain JavaScript and Node's own modules only: nothing is installed yet.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { holdPrepareLock } from './prepare-lock.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const stamp = join(root, 'dist/.built.json');
const report = (line) => console.error(line);

/** Checks Node, installs the packages and builds dist, each only where it is needed. Throws a sentence. */
export async function prepare() {
  checkNode();
  if (isInstalled() && isBuilt()) return;
  const release = await holdPrepareLock(join(root, '.headrace/prepare'), report);
  try {
    if (!isInstalled()) await install();
    if (!isBuilt()) await build();
  } finally {
    release();
  }
}

function checkNode() {
  const needed = readJson('package.json').engines.node.replace('>=', '');
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [neededMajor, neededMinor = 0] = needed.split('.').map(Number);
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return;
  throw new Error(`Headrace needs Node ${needed} or newer; this is ${process.version} (${process.execPath}).`);
}

// npm leaves a list of what it installed. Compared by content, because a copy or a checkout changes file times.
function isInstalled() {
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return false;
  const wanted = readJson('package-lock.json').packages;
  const present = readJson('node_modules/.package-lock.json').packages;
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    return path === '' || (present[path] ? present[path].version === version : optional);
  });
}

async function install() {
  report('Installing packages (npm ci), the first time only …');
  const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  await run([...npm, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], 'npm ci');
}

function isBuilt() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === JSON.stringify(sources());
}

async function build() {
  report('Building …');
  const now = sources();
  if (mayHoldLeftovers(now)) rmSync(join(root, 'dist'), { recursive: true, force: true });
  await run([process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], 'the build');
  writeFileSync(stamp, JSON.stringify(now));
}

// tsc leaves the output of a removed file, and a removed pipeline would still be found there.
function mayHoldLeftovers(now) {
  if (!existsSync(stamp)) return true;
  return Object.keys(JSON.parse(readFileSync(stamp, 'utf8'))).some((path) => !(path in now));
}

function sources() {
  const folders = ['sdk', 'activities', 'workflows', 'worker'].map((name) => join(root, name)).filter(existsSync);
  const isSource = (name) => /\.([cm]?tsx?|cjs)$/.test(name) && !/\.test(-d)?\.ts$/.test(name);
  const inFolder = (folder) =>
    readdirSync(folder, { recursive: true })
      .filter(isSource)
      .map((name) => join(folder, name));
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'].map((name) => join(root, name));
  const files = [...folders.flatMap(inFolder), ...settings].sort();
  return Object.fromEntries(files.map((file) => [relative(root, file), fingerprint(file)]));
}

function fingerprint(file) {
  const { mtimeMs, size } = statSync(file);
  return `${mtimeMs}/${size}`;
}

// Our own standard output stays clean for the command that follows.
function run([command, ...parameters], name) {
  const begun = Date.now();
  const heartbeat = setInterval(() => report(`… ${name}: ${Math.round((Date.now() - begun) / 1000)} s`), 15_000);
  const child = spawn(command, parameters, { cwd: root, stdio: ['ignore', 2, 2] });
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`${name} could not be run: ${error.message}`)));
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${name} failed; its output stands above.`))));
  }).finally(() => clearInterval(heartbeat));
}

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await prepare().catch((error) => {
    report(error.message);
    process.exit(1);
  });
}
