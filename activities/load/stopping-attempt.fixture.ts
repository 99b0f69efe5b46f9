/**
 * One attempt of a load or an undo as a process of its own, which stops itself with a signal before its n-th act on a file or a database.
 * The first argument is JSON: { connections, step, input, runId, signal, at }.
 */
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { DuckDBConnection } from '@duckdb/node-api';
import pg from 'pg';

const { connections, step, input, runId, signal, at } = JSON.parse(process.argv[2] as string);

let acts = 0;

function counting(owner: object, name: string): void {
  const methods = owner as Record<string, (...given: unknown[]) => unknown>;
  const original = methods[name];
  if (original === undefined) throw new TypeError(`there is no ${name} to count`);
  methods[name] = function (this: unknown, ...given) {
    acts += 1;
    if (acts === at) process.kill(process.pid, signal);
    return original.apply(this, given);
  };
}

for (const name of ['link', 'rename', 'rm', 'mkdir', 'rmdir']) counting(fsPromises, name);
syncBuiltinESMExports();
counting(DuckDBConnection.prototype, 'runAndReadAll');
counting(DuckDBConnection.prototype, 'streamAndReadUntil');
counting(pg.Client.prototype, 'query');

const { runStep } = await import('../run-step.fixture.js');
const { stepContext } = await import('../step-context.fixture.js');
const { default: run } = await import('./run.js');
const steps = await import('./steps.js');
const { closeEngines } = await import('../engines/open-engine.js');

try {
  const output = await runStep(run, step === 'load' ? steps.loadData : steps.undoLoad, input, stepContext(connections, { runId }));
  process.stdout.write(JSON.stringify({ output, acts }));
} catch (error) {
  process.stdout.write(JSON.stringify({ code: (error as { code?: string }).code, message: (error as Error).message, acts }));
} finally {
  await closeEngines();
}
