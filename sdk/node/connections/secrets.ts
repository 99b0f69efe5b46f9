import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { HeadraceError } from '../../authoring/errors.js';
import { rememberSecret } from './known-secrets.js';

/**
 * A value with every `env:NAME` and `file:/path` in it replaced by the secret that it names.
 *
 * @param owner who needs it, such as `connection 'lake'`
 * @throws HeadraceError missing_secret
 */
export function resolveSecrets(owner: string, value: unknown, environment: NodeJS.ProcessEnv): unknown {
  if (typeof value === 'string') return resolveText(owner, value, environment);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => resolveSecrets(owner, item, environment));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveSecrets(owner, item, environment)]));
}

/**
 * Lets what stands as `file:/path` in a declaration be read from its file whenever it is asked for: a token that is rotated while work goes on
 * counts at once. While the file cannot be read, what it last had is good.
 *
 * @param resolved what was made of the declaration
 */
export function followFiles(owner: string, declared: unknown, resolved: unknown): void {
  if (!isObject(declared) || !isObject(resolved)) return;
  for (const [key, text] of Object.entries(declared)) {
    if (typeof text !== 'string' || !text.startsWith('file:')) followFiles(owner, text, resolved[key]);
    else if (typeof resolved[key] === 'string') Object.defineProperty(resolved, key, { enumerable: true, get: readingAnew(owner, text, resolved[key]) });
  }
}

function readingAnew(owner: string, text: string, first: string): () => string {
  let last = first;
  return () => {
    try {
      last = resolveText(owner, text, {});
    } catch {
      // It is being replaced, or has gone: whoever is asked with what it had says what that is worth.
    }
    return last;
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** As resolveSecrets, of one text. */
export function resolveText(owner: string, text: string, environment: NodeJS.ProcessEnv): string {
  if (text.startsWith('env:')) return rememberSecret(fromEnvironment(owner, text.slice(4), environment));
  if (text.startsWith('file:')) return rememberSecret(fromFile(owner, text.slice(5)));
  return text;
}

function fromEnvironment(owner: string, name: string, environment: NodeJS.ProcessEnv): string {
  if (name === '') throw missing(owner, "has a reference without a name: 'env:' names no variable.");
  const secret = environment[name];
  if (secret === undefined) throw missing(owner, `needs the environment variable ${name}, which is not set.`);
  return present(owner, secret, `environment variable ${name}`);
}

function fromFile(owner: string, path: string): string {
  if (path === '') throw missing(owner, "has a reference without a path: 'file:' names no file.");
  // As it stands, a relative path does not tell where it was looked for.
  return present(owner, readSecret(owner, resolve(path)), `file ${resolve(path)}`);
}

function readSecret(owner: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw missing(owner, `needs the file ${path}: ${(error as Error).message}`);
  }
}

/** Without what editors and shells put around it: a mark of the byte order, and the end of the line. */
function present(owner: string, text: string, place: string): string {
  const secret = text.replace(/^\uFEFF/, '').trimEnd();
  if (secret === '') throw missing(owner, `needs the ${place}, which is empty.`);
  return secret;
}

function missing(owner: string, what: string): HeadraceError {
  return new HeadraceError(`The ${owner} ${what}`, { code: 'missing_secret', where: owner });
}
