import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findOnPath } from '../../worker/dev/executable.js';

export interface PostgresBinaries {
  /** The folder of initdb and postgres. */
  binaries: string;
  /** Who they run as: PostgreSQL refuses root, so root lends them the account `postgres`. */
  account: { uid?: number; gid?: number };
}

/** PostgreSQL's server binaries, from PATH or where Debian puts them. Throws a sentence that says what is missing. */
export function findPostgres(): PostgresBinaries {
  const initdb = findOnPath('initdb', debianFolders());
  if (!initdb) throw new Error('there is no initdb on PATH or under /usr/lib/postgresql (apt-get install postgresql)');
  return { binaries: join(initdb, '..'), account: process.getuid?.() === 0 ? postgresAccount() : {} };
}

// The newest first.
function debianFolders(): string[] {
  const root = '/usr/lib/postgresql';
  try {
    const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
    return versions.map((version) => join(root, version, 'bin'));
  } catch {
    return [];
  }
}

function postgresAccount(): { uid: number; gid: number } {
  try {
    const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: 'pipe' }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    throw new Error('PostgreSQL refuses to run as root, and there is no account named postgres');
  }
}
