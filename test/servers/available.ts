import { findTemporal } from '../../worker/dev/find-temporal.js';
import { findPostgres } from './find-postgres.js';
import { findPython } from './find-python.js';
import { prepareTimeSkipping } from './time-skipping.js';

/** Something that the tests can do without, and the reason why they must. */
export interface LeftOut {
  name: string;
  because: string;
}

/** Fetches what the tests need and says what cannot be had here. Throws when Temporal is missing: no test runs without. */
export async function prepareServers(): Promise<LeftOut[]> {
  await findTemporal();
  const attempts: [string, () => unknown][] = [
    ['PostgreSQL', findPostgres],
    ['the time-skipping server', prepareTimeSkipping],
    ['python_script', findPython],
  ];
  const outcomes = await Promise.all(attempts.map(([name, attempt]) => reasonAgainst(name, attempt)));
  return outcomes.filter((outcome) => outcome !== undefined);
}

async function reasonAgainst(name: string, attempt: () => unknown): Promise<LeftOut | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    return { name, because: (error as Error).message };
  }
}
