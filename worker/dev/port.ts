import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { HeadraceError } from '../../sdk/authoring/errors.js';

/** Where free ports are looked for: below those that systems give to outgoing connections, which would take one before a slow server binds it. */
const [lowest, highest] = [15_000, 29_999];
const given = new Set<number>();

/** A free port on 127.0.0.1: the preferred one if nobody listens there, else one that this process was not given before. */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isFree(preferred))) return preferred;
  for (let port = randomInt(lowest, highest + 1); ; port = port === highest ? lowest : port + 1) {
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

/** Refuses a port that somebody listens on, and says who. */
export async function assertPortFree(port: number): Promise<void> {
  if (await isFree(port)) return;
  const holder = holderOfPort(port) ?? 'another program';
  throw new HeadraceError(`port ${port} is taken by ${holder}`, {
    code: 'port_taken',
    fix: 'Stop it, or choose another port; without a port a free one is taken.',
  });
}

/** Who listens on a port, such as `pid 4711 (node server.js)`, as far as our rights let us see. */
export function holderOfPort(port: number): string | undefined {
  const pid = process.platform === 'linux' ? pidOnLinux(port) : pidByLsof(port);
  return pid === undefined ? undefined : `pid ${pid} (${commandLine(pid)})`;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function pidOnLinux(port: number): number | undefined {
  const inode = listeningInode('/proc/net/tcp', port) ?? listeningInode('/proc/net/tcp6', port);
  if (inode === undefined) return undefined;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => holdsSocket(pid, inode));
}

function listeningInode(table: string, port: number): string | undefined {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const listening = '0A';
  const row = readOrEmpty(table)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find((fields) => fields[1]?.endsWith(suffix) && fields[3] === listening);
  return row?.[9];
}

function holdsSocket(pid: number, inode: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`);
  } catch {
    return false; // gone meanwhile, or another user's
  }
}

function pidByLsof(port: number): number | undefined {
  try {
    const found = execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t'], { encoding: 'utf8' });
    return Number.parseInt(found, 10) || undefined;
  } catch {
    return undefined;
  }
}

function commandLine(pid: number): string {
  const onLinux = readOrEmpty(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
  return (onLinux || 'its command line is hidden').slice(0, 120);
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
