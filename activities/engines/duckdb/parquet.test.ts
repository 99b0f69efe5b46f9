import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stepContext } from '../../step-context.fixture.js';
import { withEngine } from '../open-engine.js';

test.each([
  ['DECIMAL(10,2)', '1.50'],
  ['TIMESTAMP WITH TIME ZONE', '2026-03-29 01:30:00+00'],
  ['DATE', '2026-03-29'],
  ['BIGINT', '9007199254740993'],
  ['VARCHAR', '007'],
])('a table with a partition column of type %s is read with that type', async (type, value) => {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-parquet-'));
  mkdirSync(join(folder, 'sales'));
  const context = stepContext({ lake: { kind: 'duckdb', folder } });
  const read = await withEngine(context, 'lake', async (engine) => {
    const copy = `COPY (SELECT 1 AS id, CAST('${value}' AS ${type}) AS part) TO '${join(folder, 'sales')}' (FORMAT parquet, PARTITION_BY (part), WRITE_PARTITION_COLUMNS true, OVERWRITE_OR_IGNORE)`;
    await engine.query({ text: copy }, 1);
    const { rows } = await engine.query({ text: `SELECT part = CAST('${value}' AS ${type}) AS same FROM sales` }, 1);
    return { rows, columns: await engine.columns('sales') };
  });
  expect(read.rows).toEqual([{ same: true }]);
  expect(read.columns).toContainEqual({ name: 'part', type });
});
