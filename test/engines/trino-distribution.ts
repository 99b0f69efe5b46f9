import { execFile } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { keptFolder } from '../servers/kept-folder.js';
import { fetchJars } from '../servers/maven.js';

/** The newest that Maven Central has as a whole server. */
const version = '476';

/** The connector `postgresql` does not start without geospatial beside it. */
const plugins = ['tpch', 'memory', 'iceberg', 'postgresql', 'geospatial', 'password-authenticators'];

/** The folder of Trino's `lib` and of the plugins that the tests need, fetched once (821 MB, of which 200 are kept). */
export function trinoDistribution(): Promise<string> {
  return keptFolder('trino', `${version}-${plugins.length}`, fetchTrino);
}

async function fetchTrino(folder: string): Promise<void> {
  await fetchJars([{ group: 'io.trino', name: 'trino-server', version, type: 'tar.gz', excludes: ['*:*'] }], folder);
  // Its files are hard links across plugins, so that no part can be unpacked alone.
  await promisify(execFile)('tar', ['xzf', join(folder, 'jars', `trino-server-${version}.tar.gz`), '-C', folder]);
  const whole = join(folder, `trino-server-${version}`);
  mkdirSync(join(folder, 'plugin'));
  for (const part of ['lib', ...plugins.map((name) => join('plugin', name))]) renameSync(join(whole, part), join(folder, part));
  for (const left of [whole, join(folder, 'jars')]) rmSync(left, { recursive: true });
}
