import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { registryUrl } from '../host/make-record.js';
import { type AuditCheck, openRegistry, verifyAuditLog } from '../registry/index.js';
import { exitCode } from './explain.js';
import { type Form, show } from './output.js';
import { readSettings } from './settings.js';

export interface VerifyFlags extends Form {
  /** Where an embedded registry is. */
  state: string;
}

/** Verifies the audit log's chain and prints how many entries stand. @throws HeadraceError registry_unreadable, registry_unreachable or state_in_use */
export async function verifyRegistry({ state, ...form }: VerifyFlags): Promise<void> {
  const url = registryUrl(readSettings().record);
  const folder = join(state, 'registry');
  if (url === '' && !existsSync(folder)) {
    throw new HeadraceError(`There is no registry in ${folder}.`, {
      code: 'registry_unreadable',
      where: folder,
      fix: 'Say where it is: --state FOLDER, or DATABASE_URL where it is in PostgreSQL.',
    });
  }
  const registry = await openRegistry({ url, folder, asItIs: true });
  try {
    const check = await verifyAuditLog(registry.database);
    show(check, form, describe(check));
    if (check.broken !== undefined) process.exitCode = exitCode.failed;
  } finally {
    await registry.close();
  }
}

function describe({ entries, head, broken }: AuditCheck): string {
  const stand = `${entries} ${entries === 1 ? 'entry' : 'entries'} of the audit log as written`;
  if (broken === undefined) return `whole: ${stand}; the last one's hash is ${head}`;
  const what = broken.reason === 'changed' ? `entry ${broken.id} was changed` : `an entry before ${broken.id} is missing`;
  return `broken: ${what}; before it, ${stand}`;
}
