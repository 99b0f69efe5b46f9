import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checks } from '../../../activities/quality/steps.js';
import { Seeded } from '../seeded.js';
import { startTrino, type TrinoServer } from '../trino.js';
import { AttemptProcess } from './attempts.js';
import { IceHouse } from './ice-house.js';
import { Reader } from './reader.js';

const kills = Number(process.env.HEADRACE_KILLS ?? 10);
const seed = Number(process.env.HEADRACE_SEED ?? 1);
const size = 2_000;

let trino: TrinoServer;
let house: IceHouse;

beforeAll(async () => {
  trino = await startTrino();
  house = new IceHouse(trino);
});
afterAll(() => trino?.stop());

test(`${kills} attempts that are killed or stopped at moments drawn from seed ${seed}: every row once, every snapshot in the ledger, no half load seen`, {
  timeout: 60_000 * kills,
}, async () => {
  const random = new Seeded(seed);
  const into = house.fresh();
  const ledger = await first(into);
  const reader = new Reader(trino.url, `SELECT amount, count(*), count(DISTINCT id) FROM iceberg.${into.table} GROUP BY 1 ORDER BY 1`);
  let next = new AttemptProcess(house.connections);
  try {
    // The server is slow at first: the second load says how long one takes.
    const usual = await timed(async () => house.iceberg(await load(into, 1), { runId: '1' })).then(() =>
      timed(async () => house.iceberg(await load(into, 2), { runId: '2' })),
    );
    for (let number = 3; number < kills + 3; number += 1) {
      const attempt = next;
      next = new AttemptProcess(house.connections);
      const signal = random.pick(['SIGKILL', 'SIGSTOP'] as const);
      const moment = random.between(0, usual);
      const given = await load(into, number);
      await attempt.begin({ step: 'load_to_iceberg', input: given, changes: { runId: `${number}` } });
      await wait(moment);
      attempt.signal(signal);
      expect(await house.iceberg(given, { runId: `${number}`, attempt: 2 })).toMatchObject({ rows: size });
      attempt.signal('SIGCONT');
      const late = await attempt.ended();
      console.log(`${given.mode}: ${signal} after ${moment} of ${usual} ms: ${JSON.stringify(late ?? 'nothing more')}`);
      expect(await house.ask(`SELECT amount, count(*), count(DISTINCT id) FROM ${into.table} GROUP BY 1`)).toEqual([[number, size, size]]);
      const bad = { ...(await load(into, -number)), checks: [checks.range('amount', { min: 0 })] };
      if (number % 3 === 0) await expect(house.iceberg(bad, { runId: 'bad' })).rejects.toMatchObject({ code: 'quality_too_low' });
    }
  } finally {
    next.signal('SIGKILL');
    await reader.stop();
  }
  const whole = Array.from({ length: kills + 3 }, (_, number) => JSON.stringify([[number, size, size]]));
  console.log(`the reader looked ${reader.looks} times and saw ${reader.seen.size} contents`);
  expect(whole).toEqual(expect.arrayContaining([...reader.seen]));
  const published = await house.ask<[string, string]>(`SELECT key, json_extract_scalar(details, '$.query') FROM ${ledger} WHERE event = 'PUBLISHED'`);
  const made = await house.ask<[string]>(`SELECT element_at(summary, 'trino_query_id') FROM ${about(into.table, 'snapshots')} WHERE parent_id IS NOT NULL`);
  expect(new Set(published.map(([key]) => key)).size).toBe(kills + 3);
  expect(made.map(([query]) => query).sort()).toEqual([...new Set(published.map(([, query]) => query))].sort());
  expect(made).toHaveLength(kills + 3);
});

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = Date.now();
  await work();
  return Date.now() - begun;
}

const about = (table: string, what: string) => `${table.replace('.', '."')}$${what}"`;

/** Rows of a load as a view: what is loaded is the server's own. Each load has the same keys and another amount. */
async function load(into: { connection: string; table: string }, amount: number) {
  const table = `lake.rows_${amount < 0 ? 'bad' : ''}${Math.abs(amount)}_${into.table.slice('lake.'.length)}`;
  await house.ask(
    `CREATE VIEW ${table} AS SELECT DATE '2001-07-01' AS day, CAST(a * 100 + b AS integer) AS id, CAST(${amount} AS integer) AS amount FROM UNNEST(sequence(0, ${size / 100 - 1})) x(a) CROSS JOIN UNNEST(sequence(0, 99)) y(b)`,
  );
  const common = { load: 'sales', from: { connection: 'lake', table }, into };
  return amount % 2 === 0
    ? { ...common, mode: 'overwrite_partition' as const, partitionBy: 'day', partition: '2001-07-01' }
    : { ...common, mode: 'merge' as const, keys: ['id'] };
}

/** The table's first content, and the name of its ledger. */
async function first(into: { connection: string; table: string }): Promise<string> {
  await house.ask('CREATE SCHEMA IF NOT EXISTS iceberg.lake');
  await house.iceberg(await load(into, 0), { runId: '0' });
  const found = await house.ask<[string]>(
    "SELECT table_name FROM iceberg.information_schema.tables WHERE table_schema = 'headrace_ledger' AND table_name LIKE 'loads_%'",
  );
  return `iceberg.headrace_ledger.${found[0]?.[0]}`;
}
