import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, expect, inject, onTestFinished, test } from 'vitest';
import type { TableRef } from '../../sdk/index.js';
import extractRun from '../extract/run.js';
import { extractData } from '../extract/steps.js';
import { runStep } from '../run-step.fixture.js';
import { Warehouse } from './lake.fixture.js';

const postgresUrl = inject('postgresUrl');

const folder = mkdtempSync(join(tmpdir(), 'headrace-bulk-'));
afterAll(() => rmSync(folder, { recursive: true }));
const house = new Warehouse({
  lake: { kind: 'duckdb', folder: join(folder, 'lake') },
  ...(postgresUrl === undefined ? {} : { postgres: { kind: 'postgres' as const, url: postgresUrl } }),
});
const megabyte = 1_048_576;

/** Looks over and over at what the server does, and at how much memory JavaScript holds. */
function watch(witness: pg.Client) {
  const copies = new Set<string>();
  const held = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  const before = held();
  let most = 0;
  let going = true;
  const watching = (async () => {
    while (going) {
      const { rows } = await witness.query<{ query: string }>("SELECT query FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'COPY %'");
      for (const { query } of rows) copies.add(query.endsWith('FROM STDIN (FORMAT csv)') ? 'in' : 'out');
      most = Math.max(most, held() - before);
    }
  })();
  const stop = async () => {
    going = false;
    await watching;
    return { copies: [...copies].sort(), megabytes: Math.round(most / megabyte) };
  };
  return { stop };
}

test.runIf(postgresUrl !== undefined)(
  '300,000 rows of 190 MB go into PostgreSQL and back by COPY, with little of them in memory at a time',
  { timeout: 180_000 },
  async () => {
    const from = await house.rows('SELECT i AS id, repeat(md5(i::VARCHAR), 20) AS text FROM range(300000) t(i)');
    const into: TableRef = { connection: 'postgres', table: `bulk.t${process.pid}` };
    const witness = new pg.Client(postgresUrl);
    await witness.connect();
    onTestFinished(() => witness.end());
    const watched = watch(witness);
    expect(await house.load({ load: 'bulk', from, into, mode: 'append' })).toMatchObject({ rows: 300_000, inserted: 300_000 });
    const back = (await runStep(extractRun, extractData, { from: { table: into }, into: 'lake' }, house.context())) as { table: TableRef; rows: number };
    const { copies, megabytes } = await watched.stop();
    console.log(`at most ${megabytes} MB more in JavaScript's memory`);
    expect(copies).toEqual(['in', 'out']);
    expect(megabytes).toBeLessThan(100);
    const sum = ({ table }: TableRef) => house.query(`SELECT count(*) AS rows, count(DISTINCT id) AS keys, bit_xor(hash(id, text)) AS sum FROM ${table}`);
    expect(back.rows).toBe(300_000);
    expect(await sum(back.table)).toEqual(await sum(from));
  },
);
