import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HeadraceError } from '../authoring/errors.js';
import { type ClientOptions, connectTemporal } from '../node/client/connect-temporal.js';
import { readRun } from '../node/status/read-run.js';
import { type History, historyFromJson, historyToJson } from './history-json.js';
import type { TestResult } from './test-result.js';

/** A history as it is read from a file, and the run that it is of. */
export interface SavedHistory {
  workflowId: string;
  file: string;
  history: History;
}

/**
 * Saves a run's history as JSON, to be replayed against later code.
 *
 * @param run a result of a test bed, or the workflow id of a run on a server
 * @param file where it is written; by its name `replay` says which run no longer replays
 * @param connection the server of a run that is given by its id
 * @throws HeadraceError unknown_run or no_temporal
 */
export async function saveHistory(run: string | Pick<TestResult<unknown>, 'history'>, file: string | URL, connection: ClientOptions = {}): Promise<void> {
  const { events } = typeof run === 'string' ? await fetchRun(run, connection) : run.history;
  const path = pathOf(file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, historyToJson({ events }));
}

async function fetchRun(workflowId: string, connection: ClientOptions) {
  const temporal = await connectTemporal(connection);
  try {
    // As the server has it: a file that is kept with the code holds no secrets.
    return await readRun(temporal.sealed, workflowId);
  } finally {
    await temporal.close();
  }
}

/**
 * Reads a history, or all `*.json` of a folder.
 *
 * @throws HeadraceError unreadable_file
 */
export async function readHistories(path: string | URL): Promise<SavedHistory[]> {
  const from = pathOf(path);
  const files = from.endsWith('.json') ? [from] : await list(from);
  return Promise.all(files.map(readHistory));
}

async function list(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch((error: Error) => {
    throw unreadable(folder, error);
  });
  return names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(folder, name));
}

async function readHistory(file: string): Promise<SavedHistory> {
  try {
    const history = historyFromJson(await readFile(file, 'utf8'));
    const workflowId = history.events[0]?.workflowExecutionStartedEventAttributes?.workflowId;
    return { workflowId: workflowId || basename(file, '.json'), file, history };
  } catch (error) {
    throw unreadable(file, error as Error);
  }
}

function unreadable(file: string, cause: Error): HeadraceError {
  return new HeadraceError(`The history ${file} cannot be read: ${cause.message}`, { code: 'unreadable_file', where: file, cause });
}

function pathOf(path: string | URL): string {
  return typeof path === 'string' ? path : fileURLToPath(path);
}
