import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testBed } from 'headrace/testing';
import { expect, inject, test } from 'vitest';
import { monthlyWeather } from './first-pipeline.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const data = fileURLToPath(new URL('../../node_modules/vega-datasets/data', import.meta.url));

test('a year of weather becomes twelve months', async () => {
  const lake = mkdtempSync(join(tmpdir(), 'headrace-weather-'));
  const connections = { vega: { kind: 'files', folder: data }, lake: { kind: 'duckdb', folder: lake } } as const;
  const bed = await testBed(here, { server: inject('temporal'), connections });
  try {
    const result = await bed.run(monthlyWeather, { year: 2014 });
    expect(result.status).toBe('SUCCEEDED');
    expect(result.output).toEqual({ months: 12 });
  } finally {
    await bed.close();
    rmSync(lake, { recursive: true, force: true });
  }
});
