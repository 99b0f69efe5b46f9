import { HeadraceError } from '../../sdk/authoring/errors.js';
import { explainDamage } from './damage.js';

/** PostgreSQL is away, goes down, comes up, or has no connection left. */
const away = /^(08|57P|53300)/;
const cancelled = '57014';
const system = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);
/** What pg says without a code. */
const said =
  /^(Connection terminated|timeout exceeded when trying to connect|Cannot use a pool after|driver has already been destroyed|PGlite is closed|Client has encountered|Query read timeout)/;

/** A failure of the registry's database as what it means; undefined where it is no such failure. */
export function explainDatabase(error: unknown): HeadraceError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, message } = error as Error & { code?: unknown };
  if (code === cancelled) return new HeadraceError('The registry took too long for this.', { code: 'too_slow', cause: error });
  const lost = typeof code === 'string' ? away.test(code) || system.has(code) : said.test(message);
  if (lost) return new HeadraceError(`The registry does not answer: ${message}`, { code: 'registry_unreachable', cause: error });
  return explainDamage(error);
}
