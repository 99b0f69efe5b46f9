import { readFileSync } from 'node:fs';
import { HeadraceError } from '../../authoring/errors.js';

/** A value with every `env:NAME` and `file:/path` in it replaced by the secret that it names. */
export function resolveSecrets(connection: string, value: unknown, environment: NodeJS.ProcessEnv): unknown {
  if (typeof value === 'string') return resolveText(connection, value, environment);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => resolveSecrets(connection, item, environment));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveSecrets(connection, item, environment)]));
}

function resolveText(connection: string, text: string, environment: NodeJS.ProcessEnv): string {
  if (text.startsWith('env:')) return fromEnvironment(connection, text.slice(4), environment);
  if (text.startsWith('file:')) return fromFile(connection, text.slice(5));
  return text;
}

function fromEnvironment(connection: string, name: string, environment: NodeJS.ProcessEnv): string {
  const secret = environment[name];
  if (secret !== undefined) return secret;
  throw new HeadraceError(`The connection '${connection}' needs the environment variable ${name}, which is not set.`, {
    code: 'missing_secret',
    where: connection,
  });
}

function fromFile(connection: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd();
  } catch (error) {
    throw new HeadraceError(`The connection '${connection}' needs the file ${path}: ${(error as Error).message}`, {
      code: 'missing_secret',
      where: connection,
    });
  }
}
