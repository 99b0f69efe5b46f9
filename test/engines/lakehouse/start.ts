/** `npm run lakehouse`: starts Trino, Airflow and Kafka, and then `headrace dev` with the story's runs on them. Ctrl-C ends it all. */
import { spawn } from 'node:child_process';
import { binary } from '../../faults/binary-process.js';
import { examples, firstRuns, startLakehouse, stateFolder } from './lakehouse.js';

console.log('Starting Kafka, Trino and Airflow: the first time they are fetched, which takes minutes …');
const lakehouse = await startLakehouse();
console.log(`Trino ${lakehouse.trino.url} (any user), Airflow ${lakehouse.airflow.url} (admin, admin), Kafka ${lakehouse.kafka.broker}`);
const state = stateFolder();
const words = ['dev', examples, '--runs', firstRuns, '--state', state.folder, ...process.argv.slice(2)];
const headrace = spawn(process.execPath, [binary, ...words], { env: { ...process.env, ...lakehouse.environment }, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void headrace.kill(signal));
const code = await new Promise<number>((resolve) => headrace.once('exit', (it) => resolve(it ?? 1)));
await lakehouse.stop();
state.remove();
process.exit(code);
