import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stepContext } from '../../step-context.fixture.js';
import { withEngine } from '../open-engine.js';

const holder =
  "const { DuckDBInstance } = require('@duckdb/node-api'); DuckDBInstance.create(process.argv[1]).then(() => { console.log('held'); setInterval(() => {}, 1000); });";

test('a .duckdb file that another process holds is refused with its number, and had when it is gone', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'headrace-lock-')), 'warehouse.duckdb');
  const context = stepContext({ file: { kind: 'duckdb', file } });
  const count = () => withEngine(context, 'file', async (engine) => (await engine.query({ text: 'SELECT 1 AS n' }, 1)).rows);
  const child = spawn(process.execPath, ['-e', holder, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  await expect(count()).rejects.toMatchObject({ name: 'HeadraceError', code: 'duckdb_locked', message: expect.stringContaining(`process ${child.pid} `) });
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  expect(await count()).toEqual([{ n: 1 }]);
});

test('steps of one process share the file', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'headrace-lock-')), 'warehouse.duckdb');
  const context = stepContext({ file: { kind: 'duckdb', file } });
  const insert = (n: number) => withEngine(context, 'file', (engine) => engine.query({ text: 'INSERT INTO t VALUES ($1)', parameters: [n] }, 1));
  await withEngine(context, 'file', (engine) => engine.query({ text: 'CREATE TABLE t (n INTEGER)' }, 1));
  await Promise.all(Array.from({ length: 8 }, (_, index) => insert(index)));
  expect(await withEngine(context, 'file', async (engine) => (await engine.query({ text: 'SELECT count(*) AS n FROM t' }, 1)).rows)).toEqual([{ n: 8 }]);
});
