/**
 * One attempt of a step as a process of its own, which begins when it is told to: `{ step, input, changes }` by IPC. It says `ready`, and at its end what came of it.
 * The first argument is JSON: the connections.
 */
import compactRun from '../../../activities/compact/run.js';
import { compactIcebergTable } from '../../../activities/compact/steps.js';
import loadRun from '../../../activities/load/run.js';
import { loadToIceberg } from '../../../activities/load/steps.js';
import migrationRun from '../../../activities/migration/run.js';
import { applyMigration, createBackup, restoreBackup } from '../../../activities/migration/steps.js';
import { runStep } from '../../../activities/run-step.fixture.js';
import { stepContext } from '../../../activities/step-context.fixture.js';
import type { Told } from './attempts.js';

const connections = JSON.parse(process.argv[2] as string);
const steps = {
  load_to_iceberg: [loadRun, loadToIceberg],
  apply_migration: [migrationRun, applyMigration],
  create_backup: [migrationRun, createBackup],
  restore_backup: [migrationRun, restoreBackup],
  compact_iceberg_table: [compactRun, compactIcebergTable],
} as const;

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
