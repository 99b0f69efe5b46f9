/**
 * Trino through Headrace against trino-client alone, interleaved: a small query through the sql step (its schemas and engine, without Temporal), in milliseconds more, and a million rows
 * brought to this machine in a file that DuckDB reads, as a ratio to the client's reading of the same rows.
 */
import { Trino } from 'trino-client';
import { closeEngines, withEngine } from '../../activities/engines/open-engine.js';
import { runStep } from '../../activities/run-step.fixture.js';
import sqlRun from '../../activities/sql/run.js';
import { sql } from '../../activities/sql/steps.js';
import { stepContext } from '../../activities/step-context.fixture.js';
import { startTrino } from '../engines/trino.js';
import { printFigure } from './bench-figure.js';
import { median, medianInterval } from './bench-statistics.js';

const [pairs = 60, reads = 7] = process.argv.slice(2).map(Number);
const million = 1_000_000;
const small = 'SELECT count(*) AS n FROM tpch.tiny.nation';
const large = `SELECT orderkey, partkey, quantity, extendedprice, shipdate, shipmode, comment FROM tpch.sf1.lineitem LIMIT ${million}`;

const trino = await startTrino();
try {
  await compareSmall();
  await compareLarge();
} finally {
  await closeEngines();
  await trino.stop();
}

function context() {
  return stepContext({ trino: { kind: 'trino', url: trino.url, user: 'headrace', catalog: 'tpch', schema: 'tiny' } });
}

/** Reads all rows with the client alone, as its README shows. */
async function readByClient(query: string): Promise<number> {
  let rows = 0;
  const client = Trino.create({ server: trino.url, catalog: 'tpch', schema: 'tiny', extraHeaders: { 'X-Trino-User': 'headrace' } });
  for await (const page of await client.query(query)) rows += page.data?.length ?? 0;
  return rows;
}

async function compareSmall(): Promise<void> {
  const measured = await interleave(pairs, 5, {
    ours: async () => void (await runStep(sqlRun, sql, { on: 'trino', statement: small }, context())),
    client: async () => expectRows(await readByClient(small), 1),
  });
  const more = measured.map(({ ours, client }) => ours - client);
  const [low, high] = medianInterval(more);
  console.log(`a small query: client ${ms(measured.map((it) => it.client))} ms, sql step ${ms(measured.map((it) => it.ours))} ms`);
  console.log(`sql step over the client: ${median(more).toFixed(2)} ms (90 % interval of the median ${low.toFixed(2)} to ${high.toFixed(2)})`);
}

async function compareLarge(): Promise<void> {
  const measured = await interleave(reads, 1, { ours: localize, client: async () => expectRows(await readByClient(large), million) });
  const ratios = measured.map(({ ours, client }) => ours / client);
  const [low, high] = medianInterval(ratios);
  console.log(`a million rows of seven columns: client ${ms(measured.map((it) => it.client))} ms, localized ${ms(measured.map((it) => it.ours))} ms`);
  console.log(`90 % interval of the median ratio: ${low.toFixed(3)} to ${high.toFixed(3)}`);
  printFigure('sql', median(ratios), 3, 'ratio', { atMost: 1.1 });
}

async function localize(): Promise<void> {
  await withEngine(context(), 'trino', async (engine) => {
    const data = await engine.localize({ text: large });
    await data.dispose();
  });
}

type Measured = Record<'ours' | 'client', number>;

/** Times both, one right after the other, each first in every second pair. */
async function interleave(count: number, warmUps: number, { ours, client }: Record<keyof Measured, () => Promise<void>>): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (let pair = -warmUps; pair < count; pair += 1) {
    const first = pair % 2 === 0 ? await time(ours) : undefined;
    const second = await time(client);
    const both = { ours: first ?? (await time(ours)), client: second };
    if (pair >= 0) measured.push(both);
  }
  return measured;
}

async function time(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function expectRows(found: number, expected: number): void {
  if (found !== expected) throw new Error(`${found} rows instead of ${expected}`);
}

function ms(times: readonly number[]): string {
  return median(times).toFixed(1);
}
