import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../../worker/dev/cache-folder.js';
import { findOnPath } from '../../worker/dev/executable.js';

/** Temporal's Java test server, which skips over sleeps. */
export const timeSkippingVersion = '1.32.0';

const run = promisify(execFile);

/**
 * The path of an executable for `TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type:
 * 'existing-path', path } } })`. The first call fetches the jars (33 MB) with Maven; later ones check their sums only.
 */
export async function prepareTimeSkipping(): Promise<string> {
  if (!findOnPath('java')) throw new Error('there is no java on PATH (apt-get install openjdk-17-jre-headless)');
  const parent = cacheFolder('time-skipping');
  const folder = join(parent, timeSkippingVersion);
  if (isWhole(folder)) return join(folder, 'server.sh');
  const maven = findOnPath('mvn');
  if (!maven) throw new Error('its jars are not in the cache and there is no mvn on PATH (apt-get install maven)');
  mkdirSync(parent, { recursive: true });
  const apart = mkdtempSync(join(parent, 'fetch-'));
  try {
    await fetchJars(maven, apart);
    putInPlace(apart, folder);
  } finally {
    rmSync(apart, { recursive: true, force: true });
  }
  return join(folder, 'server.sh');
}

async function fetchJars(maven: string, folder: string): Promise<void> {
  writeFileSync(join(folder, 'pom.xml'), pom);
  try {
    const goal = ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=jars', '-DincludeScope=runtime'];
    await run(maven, goal, { cwd: folder, timeout: 300_000 });
  } catch (error) {
    const said = (error as { stdout?: string }).stdout?.split('\n').find((line) => line.includes('[ERROR]'));
    throw new Error(`mvn dependency:copy-dependencies failed: ${said ?? (error as Error).message}`);
  }
  writeFileSync(join(folder, 'server.sh'), script, { mode: 0o755 });
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(checksums(folder), null, 2));
}

// Two runs may fetch at once: the first rename wins, and the other's folder is dropped.
function putInPlace(apart: string, folder: string): void {
  if (existsSync(folder) && !isWhole(folder)) renameSync(folder, join(apart, 'damaged'));
  try {
    renameSync(apart, folder);
  } catch (error) {
    if (!isWhole(folder)) throw error;
  }
}

function isWhole(folder: string): boolean {
  try {
    const manifest = readFileSync(join(folder, 'manifest.json'), 'utf8');
    return manifest === JSON.stringify(checksums(folder), null, 2);
  } catch {
    return false;
  }
}

function checksums(folder: string): Record<string, string> {
  const files = [
    'server.sh',
    ...readdirSync(join(folder, 'jars'))
      .sort()
      .map((name) => join('jars', name)),
  ];
  return Object.fromEntries(files.map((name) => [name, sha256(join(folder, name))]));
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>headrace</groupId><artifactId>time-skipping</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId><version>${timeSkippingVersion}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>2.0.17</version></dependency>
  </dependencies>
</project>
`;

// The SDK calls it as the binary that it would have downloaded: PORT --enable-time-skipping
const script = `#!/bin/sh
exec java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$(dirname "$0")/jars/*" io.temporal.testserver.TestServer "$@"
`;
