import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, realpath, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { HeadraceError } from '../../../sdk/index.js';
import { holdFile } from '../../engines/duckdb/instances.js';
import type { Lake } from '../../engines/duckdb/lake.js';
import { DuckDbSession } from '../../engines/duckdb/session.js';
import { inTurn } from '../in-turn.js';
import { Records } from './records.js';

const limits = { memory: '256MB', threads: 1 };

/**
 * The record of a lake's loads, and the lock under which they are published: a small DuckDB file, which one process at a time may hold.
 * The operating system takes the lock back from a process that dies. One that is stopped keeps it until it goes on: others wait.
 */
export async function withLedger<Result>(lake: Lake, signal: AbortSignal, work: (records: Records) => Promise<Result>): Promise<Result> {
  const path = await ledgerPath(lake);
  return inTurn(path, signal, () => useLedger(path, lake, signal, work));
}

async function useLedger<Result>(path: string, lake: Lake, signal: AbortSignal, work: (records: Records) => Promise<Result>): Promise<Result> {
  const held = await waitForLock(path, lake, signal);
  try {
    // Once begun, publishing is not interrupted: it takes milliseconds, and half of it would have to be repaired.
    const session = await DuckDbSession.open(held.instance, lake.connection, new AbortController().signal);
    try {
      return await work(new Records(session));
    } finally {
      session.close();
    }
  } finally {
    held();
  }
}

async function waitForLock(path: string, lake: Lake, signal: AbortSignal): Promise<Awaited<ReturnType<typeof holdFile>>> {
  for (let pause = 10; ; pause = Math.min(pause * 1.5, 250)) {
    signal.throwIfAborted();
    try {
      return await holdFile(path, limits, lake.connection);
    } catch (error) {
      if (!(error instanceof HeadraceError && error.code === 'duckdb_locked')) throw error;
    }
    await wait(pause * (0.5 + Math.random()), undefined, { signal });
  }
}

/** The ledger's file. It is made elsewhere and linked to its place whole, so that a crash leaves none that cannot be read. */
async function ledgerPath(lake: Lake): Promise<string> {
  const path = lake.own('loads.duckdb');
  await mkdir(dirname(path), { recursive: true });
  if (!existsSync(path)) {
    const fresh = lake.own(`loads-${randomUUID()}.new`);
    const instance = await DuckDBInstance.create(fresh);
    const connection = await instance.connect();
    await connection.run(Records.table);
    connection.closeSync();
    instance.closeSync();
    await link(fresh, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await rm(fresh);
  }
  return realpath(path);
}
