import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import compactRun from '../../../activities/compact/run.js';
import { compactIcebergTable } from '../../../activities/compact/steps.js';
import { closeEngines } from '../../../activities/engines/open-engine.js';
import { runStep } from '../../../activities/run-step.fixture.js';
import { PermissionDeniedError } from '../../../sdk/index.js';
import { IceHouse } from '../iceberg/ice-house.js';
import { startTrino, type TrinoServer } from '../trino.js';
import { backups } from './backups.js';
import { LargeTable } from './large-table.js';

// Trino shares two cores with what asks it.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 600_000 });

let trino: TrinoServer;
let house: IceHouse;

beforeAll(async () => {
  trino = await startTrino();
  house = new IceHouse(trino);
});
afterAll(async () => {
  await closeEngines();
  await trino?.stop();
});

let large: LargeTable;

beforeAll(async () => void (large = await LargeTable.make(house)));

describe('of a large table, backup and restore', () => backups(() => large));

// Trino's file of rules knows no right to EXECUTE: who may read a table may also compact it there.
test('compaction is refused to who may not read the table', async () => {
  const table = { connection: 'outsider', table: large.table };
  await expect(runStep(compactRun, compactIcebergTable, { table }, house.context())).rejects.toBeInstanceOf(PermissionDeniedError);
});
