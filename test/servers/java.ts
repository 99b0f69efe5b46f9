import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isExecutable } from '../../worker/dev/executable.js';

const debian = '/usr/lib/jvm';

/**
 * The java of a JDK that is new enough: the one of a variable such as JAVA25_HOME, else one under /usr/lib/jvm, the oldest that will do.
 * Throws a sentence that says what was found.
 */
export function findJava(least: number): string {
  const variable = `JAVA${least}_HOME`;
  const home = process.env[variable];
  const named = home === undefined ? [] : [join(home, 'bin', 'java')];
  const found = [...named, ...installed()].map((java) => ({ java, version: versionOf(java) })).filter(({ version }) => version !== undefined);
  const fit = found.filter(({ version = 0 }) => version >= least).sort((a, b) => (a.version ?? 0) - (b.version ?? 0));
  const chosen = fit.find(({ java }) => named.includes(java)) ?? fit[0];
  if (chosen !== undefined) return chosen.java;
  const seen = found.map(({ java, version }) => `${java} (${version})`).join(', ') || 'none';
  throw new Error(`a JDK ${least} or newer is needed: set ${variable}, or install one under ${debian}; found: ${seen}`);
}

function installed(): string[] {
  try {
    return readdirSync(debian).map((name) => join(debian, name, 'bin', 'java'));
  } catch {
    return [];
  }
}

function versionOf(java: string): number | undefined {
  if (!isExecutable(java)) return undefined;
  try {
    const [, version] = /^openjdk (\d+)/.exec(execFileSync(java, ['--version'], { encoding: 'utf8', stdio: 'pipe' })) ?? [];
    return version === undefined ? undefined : Number(version);
  } catch {
    return undefined; // Java 8 knows no --version
  }
}
