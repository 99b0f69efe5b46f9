import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findOnPath } from '../../worker/dev/executable.js';

/** An artifact of Maven Central; what it excludes is `group:artifact`, or `*:*`. */
export interface Artifact {
  group: string;
  name: string;
  version: string;
  /** jar unless said. */
  type?: string;
  excludes?: readonly string[];
  /** What tells it from the artifact's other files. */
  classifier?: string;
}

const timeLimit = 300_000;

/** Fetches the jars of artifacts, and of what they need at run time, into the folder `jars` of a folder. Rejects with the cause. */
export async function fetchJars(artifacts: readonly Artifact[], folder: string): Promise<void> {
  const maven = findOnPath('mvn');
  if (!maven) throw new Error('the jars are not in the cache and there is no mvn on PATH (apt-get install maven)');
  writeFileSync(join(folder, 'pom.xml'), pom(artifacts));
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';
  try {
    await promisify(execFile)(maven, ['-q', '-B', goal, '-DoutputDirectory=jars', '-DincludeScope=runtime'], { cwd: folder, timeout: timeLimit });
  } catch (error) {
    const said = (error as { stdout?: string }).stdout?.split('\n').find((line) => line.includes('[ERROR]'));
    throw new Error(`mvn dependency:copy-dependencies failed: ${said ?? (error as Error).message}`);
  }
}

function pom(artifacts: readonly Artifact[]): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>headrace</groupId><artifactId>test</artifactId><version>1</version>
  <dependencies>${artifacts.map(dependency).join('')}
  </dependencies>
</project>
`;
}

function dependency({ group, name, version, type = 'jar', excludes = [], classifier }: Artifact): string {
  const exclusions = excludes.map((it) => it.split(':')).map(([excluded, artifact]) => `<exclusion>${coordinates(excluded, artifact)}</exclusion>`);
  return `
    <dependency>${coordinates(group, name)}<version>${version}</version><type>${type}</type>${classifier === undefined ? '' : `<classifier>${classifier}</classifier>`}<exclusions>${exclusions.join('')}</exclusions></dependency>`;
}

function coordinates(group = '', artifact = ''): string {
  return `<groupId>${group}</groupId><artifactId>${artifact}</artifactId>`;
}
