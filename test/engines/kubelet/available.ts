import { readFileSync } from 'node:fs';
import { findOnPath } from '../../../worker/dev/executable.js';

/** Why there can be no real kubelet here, printed; undefined where there can. @throws Error where nothing may be left out */
export function reasonAgainst(): string | undefined {
  const because = missing();
  if (because === undefined) return undefined;
  if (process.env.HEADRACE_TEST_MANDATORY === '1') throw new Error(`There can be no kubelet here because ${because}, and nothing may be left out.`);
  console.log(`left out: containers of the real kubelet, because ${because}`);
  return because;
}

function missing(): string | undefined {
  if (process.platform !== 'linux') return 'it runs on Linux only';
  if (process.getuid?.() !== 0) return 'it runs as root only';
  if (!mayMount()) return 'root may not mount here, as in a container that is not privileged';
  const program = ['apt-get', 'dpkg', 'unshare', 'setpriv', 'python3', 'ldd'].find((name) => findOnPath(name) === undefined);
  return program && `there is no ${program}`;
}

/** CAP_SYS_ADMIN is the right of number 21. */
function mayMount(): boolean {
  const rights = /^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${rights}`) >> 21n) & 1n) === 1n;
}
