/**
 * One attempt of a step as a process of its own, which begins when it is told to: `{ step, input, changes }` by IPC. It says `ready`, and at its end what came of it.
 * The first argument is JSON: the connections.
 */
import loadRun from '../../../activities/load/run.js';
import { loadToIceberg } from '../../../activities/load/steps.js';
import migrationRun from '../../../activities/migration/run.js';
import { applyMigration } from '../../../activities/migration/steps.js';
import { runStep } from '../../../activities/run-step.fixture.js';
import { stepContext } from '../../../activities/step-context.fixture.js';
import type { Told } from './attempts.js';

const connections = JSON.parse(process.argv[2] as string);
const steps = { load_to_iceberg: [loadRun, loadToIceberg], apply_migration: [migrationRun, applyMigration] } as const;

async function attempt({ step, input, changes }: Told): Promise<void> {
  const [run, declared] = steps[step];
  const ended = await runStep(run, declared, input, stepContext(connections, changes)).then(
    (output) => ({ output }),
    (error: Error & { code?: string }) => ({ code: error.code, message: error.message }),
  );
  process.send?.(ended, () => process.exit());
}

process.once('message', (told: Told) => void attempt(told));
process.send?.('ready');
