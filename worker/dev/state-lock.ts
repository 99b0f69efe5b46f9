import { readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { type Claim, claim, isClaimFile, type Owner } from './ownership.js';

/** The one owner of a state folder. */
export interface StateLock extends Claim {
  folder: string;
  /** Removes everything in the folder but the lock: what `--fresh` means. */
  clear(): void;
}

/**
 * Takes a state folder such as `.headrace/` for this process. The folder's databases lose rows when two processes open
 * them, so a second one is refused (`state_in_use`) with the holder's pid and URLs. A dead holder's folder is taken over.
 */
export function lockState(folder: string, urls: string[] = []): StateLock {
  const outcome = claim(folder, urls);
  if ('holder' in outcome) throw inUse(folder, outcome.holder);
  return { ...outcome, folder, clear: () => clear(folder) };
}

function inUse(folder: string, holder: Owner): HeadraceError {
  const reach = holder.urls.length > 0 ? `, at ${holder.urls.join(' and ')}` : '';
  return new HeadraceError(`${folder} is in use by pid ${holder.pid} since ${holder.since}${reach}`, {
    code: 'state_in_use',
    where: resolve(folder),
    fix: `Use what runs there, stop it (kill ${holder.pid}), or take another folder: --state ${folder}-2`,
  });
}

function clear(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!isClaimFile(name)) rmSync(join(folder, name), { recursive: true, force: true });
  }
}
