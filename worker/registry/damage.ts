import { HeadraceError } from '../../sdk/authoring/errors.js';

/** PostgreSQL's words for a page whose checksum is wrong, and for an index that contradicts its table. */
const damaged = /^XX00[12]$/;

const projected = 'what Temporal still keeps of its runs is projected again, while API keys and the audit log begin anew';

/** What helps where an embedded registry cannot be read. */
export function beginAnew(folder: string): string {
  return `Stop Headrace, keep a copy of ${folder} and remove it: ${projected}. Or use PostgreSQL: DATABASE_URL.`;
}

/**
 * A failure of the database as the damage of its files that it tells of; undefined where it tells of none.
 *
 * @param folder of an embedded registry
 */
export function explainDamage(error: unknown, folder?: string): HeadraceError | undefined {
  const { code, message } = error as { code?: unknown; message: string };
  if (!(error instanceof Error) || typeof code !== 'string' || !damaged.test(code)) return undefined;
  const fix = folder === undefined ? `Restore the database from a backup, or name an empty one: ${projected}.` : beginAnew(folder);
  const which = folder === undefined ? '' : ` in ${folder}`;
  return new HeadraceError(`The registry${which} is damaged: ${message}`, { code: 'registry_unreadable', where: folder, fix, cause: error });
}
