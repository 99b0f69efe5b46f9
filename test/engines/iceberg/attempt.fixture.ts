/**
 * One attempt of load_to_iceberg as a process of its own, which begins when it is told to: `{ load, runId }` by IPC. It says `ready`, and at its end what came of it.
 * The first argument is JSON: the connections.
 */
import run from '../../../activities/load/run.js';
import { loadToIceberg } from '../../../activities/load/steps.js';
import { runStep } from '../../../activities/run-step.fixture.js';
import { stepContext } from '../../../activities/step-context.fixture.js';

const connections = JSON.parse(process.argv[2] as string);

async function attempt({ load, runId }: { load: object; runId: string }): Promise<void> {
  const ended = await runStep(run, loadToIceberg, load, stepContext(connections, { runId })).then(
    (output) => ({ output }),
    (error: Error & { code?: string }) => ({ code: error.code, message: error.message }),
  );
  process.send?.(ended, () => process.exit());
}

process.once('message', (told: { load: object; runId: string }) => void attempt(told));
process.send?.('ready');
