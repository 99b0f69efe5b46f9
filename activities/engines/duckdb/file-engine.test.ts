import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { closeEngines } from '../open-engine.js';
import { DuckDbFileEngine } from './file-engine.js';

const folder = mkdtempSync(join(tmpdir(), 'headrace-file-engine-'));
afterAll(async () => {
  await closeEngines();
  rmSync(folder, { recursive: true, force: true });
});

test('tables of runs that are old are dropped from a file, and no others', async () => {
  const settings = { file: join(folder, 'shop.duckdb'), memory: '100MB', threads: 1 };
  const engine = await DuckDbFileEngine.open('shop', settings, new AbortController().signal);
  for (const table of ['headrace_tmp.old', 'headrace_tmp.new', 'main.own']) await engine.replace(table, { text: 'SELECT 1 AS n' });
  await engine.session.rows('CREATE TABLE headrace_tmp.foreign AS SELECT 1 AS n');
  for (const table of ['headrace_tmp.old', 'main.own'])
    await engine.session.rows(`COMMENT ON TABLE ${table} IS 'headrace ${new Date(Date.now() - 15 * 86_400_000).toISOString()}'`);
  await engine.prune(14);
  const left = await engine.session.rows<{ name: string }>('SELECT schema_name || $1 || table_name AS name FROM duckdb_tables() ORDER BY 1', ['.']);
  expect(left.map(({ name }) => name)).toEqual(['headrace_tmp.foreign', 'headrace_tmp.new', 'main.own']);
  await engine.close();
});
