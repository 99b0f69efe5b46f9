import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HeadraceError } from '../../sdk/authoring/errors.js';

/**
 * Refuses a project whose modules Node would load by require: zod would then be there twice, once for the project and once for Headrace.
 *
 * @throws HeadraceError not_a_module
 */
export function refuseCommonJs(file: string): void {
  if (/\.m[jt]s$/.test(file)) return;
  const settings = nearestPackage(dirname(file));
  if (settings !== undefined && (JSON.parse(readFileSync(settings, 'utf8')) as { type?: string }).type === 'module') return;
  const found = settings === undefined ? 'there is no package.json above it' : `${settings} does not say "type": "module"`;
  throw new HeadraceError(`Node takes the module for CommonJS, because ${found}.`, { code: 'not_a_module', where: file });
}

function nearestPackage(folder: string): string | undefined {
  const file = join(folder, 'package.json');
  if (existsSync(file)) return file;
  const above = dirname(folder);
  return above === folder ? undefined : nearestPackage(above);
}
