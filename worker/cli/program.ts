import { createRequire } from 'node:module';
import { Command } from 'commander';
import { addAuditing } from './auditing.js';
import { addDoctor } from './doctor.js';
import { addFollowing } from './following.js';
import { addHosting } from './hosting.js';
import { addInspecting } from './inspecting.js';
import { addKeys } from './keys.js';
import { wantsJson } from './output.js';
import { addReading } from './reading.js';
import { addRegistry } from './registry.js';
import { addRuns } from './runs.js';

const { version } = createRequire(import.meta.url)('headrace/package.json') as { version: string };

/** The command line of the `headrace` binary. */
export function program(): Command {
  const command = new Command('headrace')
    .description('Data pipelines in TypeScript on Temporal: host them, start them, approve them.')
    .version(version)
    .showHelpAfterError('(headrace --help shows the commands)')
    // With --json, what is wrong is said as JSON: explain.ts.
    .configureOutput({ writeErr: (text) => wantsJson() || process.stderr.write(text) })
    .exitOverride();
  addHosting(command);
  addRuns(command);
  addReading(command);
  addAuditing(command);
  addFollowing(command);
  addInspecting(command);
  addDoctor(command);
  addRegistry(command);
  addKeys(command);
  return command;
}
