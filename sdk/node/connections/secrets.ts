import { readFileSync } from 'node:fs';
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

/** As resolveSecrets, of one text. */
export function resolveText(owner: string, text: string, environment: NodeJS.ProcessEnv): string {
  if (text.startsWith('env:')) return rememberSecret(fromEnvironment(owner, text.slice(4), environment));
  if (text.startsWith('file:')) return rememberSecret(fromFile(owner, text.slice(5)));
  return text;
}

function fromEnvironment(owner: string, name: string, environment: NodeJS.ProcessEnv): string {
  const secret = environment[name];
  if (secret !== undefined) return secret;
  throw new HeadraceError(`The ${owner} needs the environment variable ${name}, which is not set.`, { code: 'missing_secret', where: owner });
}

function fromFile(owner: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd();
  } catch (error) {
    throw new HeadraceError(`The ${owner} needs the file ${path}: ${(error as Error).message}`, { code: 'missing_secret', where: owner });
  }
}
