import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findOnPath } from '../../worker/dev/executable.js';
import { keptFolder } from './kept-folder.js';
import { fetchJars } from './maven.js';

/** Temporal's Java test server, which skips over sleeps. */
const version = '1.32.0';

const artifacts = [
  { group: 'io.temporal', name: 'temporal-test-server', version },
  { group: 'org.slf4j', name: 'slf4j-nop', version: '2.0.17' },
];

/**
 * The path of an executable for `TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type:
 * 'existing-path', path } } })`. The first call fetches the jars (33 MB) with Maven; later ones check their sums only.
 */
export async function prepareTimeSkipping(): Promise<string> {
  if (!findOnPath('java')) throw new Error('there is no java on PATH (apt-get install openjdk-17-jre-headless)');
  const folder = await keptFolder('time-skipping', version, async (fresh) => {
    await fetchJars(artifacts, fresh);
    writeFileSync(join(fresh, 'server.sh'), script, { mode: 0o755 });
  });
  return join(folder, 'server.sh');
}

// The SDK calls it as the binary that it would have downloaded: PORT --enable-time-skipping
const script = `#!/bin/sh
exec java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$(dirname "$0")/jars/*" io.temporal.testserver.TestServer "$@"
`;
