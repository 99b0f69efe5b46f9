import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testBed } from 'headrace/testing';
import { expect, inject, test } from 'vitest';
import { dailyFlights } from './daily-flights.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const data = fileURLToPath(new URL('../../node_modules/vega-datasets/data', import.meta.url));
const timeSkipping = inject('timeSkippingServer');

test.skipIf(timeSkipping === undefined)('a bad day that nobody decides on ends after four hours, and those hours are skipped', async () => {
  const lake = mkdtempSync(join(tmpdir(), 'headrace-flights-'));
  const connections = { vega: { kind: 'files', folder: data }, lake: { kind: 'duckdb', folder: lake }, console: { kind: 'console' } } as const;
  const bed = await testBed(here, { server: { timeSkipping: timeSkipping ?? '' }, connections });
  try {
    expect(await bed.run(dailyFlights, { day: '2001-06-30' })).toMatchObject({ status: 'SUCCEEDED', output: { status: 'COMPLETED', flights: 15_626 } });
    const bad = await bed.run(dailyFlights, { day: '2001-07-01' }, { approvals: { load_anyway: 'expire' } });
    expect(bad).toMatchObject({ status: 'CANCELLED', reason: 'Quality below threshold' });
    expect(Date.parse(bad.run.endedAt ?? '') - Date.parse(bad.run.startedAt)).toBeGreaterThanOrEqual(4 * 3_600_000);
  } finally {
    await bed.close();
    rmSync(lake, { recursive: true, force: true });
  }
});
