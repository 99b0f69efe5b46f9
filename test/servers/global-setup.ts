import type { TestProject } from 'vitest/node';
import { findPython } from './find-python.js';
import { startPostgres } from './postgres.js';
import type {} from './provided.js';
import { startTestTemporal } from './temporal.js';
import { prepareTimeSkipping } from './time-skipping.js';

type Stop = () => Promise<void>;

/** Starts what the whole test run shares, hands out the addresses, and stops everything at its end. */
export default async function setup(project: TestProject): Promise<Stop> {
  const stops: Stop[] = [];
  const leftOut: Record<string, string> = {};
  const optional = async <T>(name: string, prepare: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await prepare();
    } catch (error) {
      if (process.env.HEADRACE_TEST_MANDATORY === '1') throw error;
      leftOut[name] = (error as Error).message;
      console.log(`left out: ${name} because ${leftOut[name]}`);
      return undefined;
    }
  };
  const stopAll = async () => void (await Promise.all(stops.map((stop) => stop())));
  const started = <T extends { stop: Stop }>(server: T): T => {
    stops.push(server.stop);
    return server;
  };
  const [temporal, postgres, timeSkippingServer] = await settleAll(stopAll, [
    startTestTemporal().then(started),
    optional('PostgreSQL', () => startPostgres().then(started)),
    optional('the time-skipping server', prepareTimeSkipping),
    optional('python_script', findPython),
  ]);
  project.provide('temporal', { address: temporal.address, namespace: temporal.namespace, uiUrl: temporal.uiUrl, folder: temporal.folder });
  project.provide('postgresUrl', postgres?.url);
  project.provide('timeSkippingServer', timeSkippingServer);
  project.provide('leftOut', leftOut);
  return stopAll;
}

// When one fails, the others must have started before they can be stopped.
async function settleAll<T extends readonly unknown[]>(stopAll: Stop, all: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  const outcomes = await Promise.allSettled(all);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) {
    await stopAll();
    throw failed.reason;
  }
  return Promise.all(all);
}
