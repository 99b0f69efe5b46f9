import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { closeEngines } from '../../../activities/engines/open-engine.js';
import { until } from '../../faults/until.js';
import { AttemptProcess } from '../iceberg/attempts.js';
import { CommitLock } from '../iceberg/commit-lock.js';
import { day, IceHouse } from '../iceberg/ice-house.js';
import { startTrino, type TrinoServer } from '../trino.js';

// Trino shares two cores with what asks it.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 600_000 });

let trino: TrinoServer;
let house: IceHouse;

beforeAll(async () => {
  trino = await startTrino();
  house = new IceHouse(trino);
  await house.ask('CREATE SCHEMA IF NOT EXISTS iceberg.lake');
});
afterAll(async () => {
  await closeEngines();
  await trino?.stop();
});

const modes = {
  append: { mode: 'append' },
  overwrite_partition: { mode: 'overwrite_partition', partitionBy: 'day', partition: '2001-07-01' },
  merge: { mode: 'merge', keys: ['id'] as string[] },
  scd2: { mode: 'scd2', keys: ['id'] as string[], effectiveAt: '2001-07-02T00:00:00Z' },
} as const;
type Mode = keyof typeof modes;

/** A table with rows, another load of this mode, and a lock on the table that its publishing has not met yet. */
async function locked(mode: Mode) {
  const into = house.fresh();
  const load = { load: 'sales', into, ...modes[mode] };
  const first = mode === 'scd2' ? { ...load, effectiveAt: '2001-07-01T00:00:00Z' } : load;
  await house.iceberg({ ...first, from: await house.rows(day('2001-07-01', 1)) }, { runId: 'first' });
  const rows = () => house.ask(`SELECT * FROM ${into.table} ORDER BY day, id, amount`);
  const snapshots = () => house.ask(`SELECT 1 FROM ${into.table.replace('.', '."')}$snapshots"`).then(({ length }) => length);
  const [before, made] = [await rows(), await snapshots()];
  const second = { ...load, from: await house.rows(day('2001-07-01', 2)) };
  const lock = await CommitLock.take(trino.postgres.url, into.table);
  onTestFinished(() => lock.open().catch(() => undefined));
  return { load: second, lock, rows, before, made, snapshots };
}

/** How often attempts have asked whether the publishing query of another one goes on. */
async function looks(): Promise<number> {
  const asked = "query LIKE 'SELECT query_id AS query FROM system.runtime.queries WHERE query_id IN%UNION%'";
  return Number((await house.ask(`SELECT count(*) FROM system.runtime.queries WHERE ${asked}`))[0]?.[0]);
}

describe.each(Object.keys(modes) as Mode[])('a load by %s that is stopped in the middle of its commit', (mode) => {
  test.each(['before', 'after'] as const)(
    'by a kill of its worker, where the commit comes through %s the next attempt begins, is published once',
    async (when) => {
      const { load, lock, rows, before, made, snapshots } = await locked(mode);
      const attempt = new AttemptProcess(house.connections);
      onTestFinished(() => attempt.signal('SIGKILL'));
      await attempt.begin({ step: 'load_to_iceberg', input: load, changes: { runId: 'second' } });
      await lock.met();
      attempt.signal('SIGKILL');
      expect(await attempt.ended()).toBeUndefined();
      expect(await rows()).toEqual(before);
      if (when === 'before') await lock.open();
      const seen = await looks();
      const again = house.iceberg(load, { runId: 'second', attempt: 2 });
      again.catch(() => undefined);
      if (when === 'after') {
        await until(looks, (count) => count > seen, { limit: 90_000 });
        await lock.open();
      }
      expect(await again).toMatchObject({ rows: 3 });
      expect(await snapshots()).toBe(made + 1);
      const after = await rows();
      expect(after).toHaveLength(mode === 'append' || mode === 'scd2' ? 6 : 3);
      expect(await house.undo(load, { runId: 'second' })).toMatchObject({ undone: true });
      expect(await rows()).toEqual(before);
      expect(after).not.toEqual(before);
    },
  );

  test('by a cancel, is undone bit for bit whether its commit came through or not, and is not published any more', async () => {
    const { load, lock, rows, before } = await locked(mode);
    const stop = new AbortController();
    const loading = house.iceberg(load, { runId: 'second', signal: stop.signal });
    loading.catch(() => undefined);
    await lock.met();
    stop.abort(new Error('CANCELLED'));
    await expect(loading).rejects.toThrow('CANCELLED');
    const seen = await looks();
    const undoing = house.undo(load, { runId: 'second' });
    undoing.catch(() => undefined);
    await until(looks, (count) => count > seen, { limit: 90_000 });
    await lock.open();
    await undoing;
    expect(await rows()).toEqual(before);
    await expect(house.iceberg(load, { runId: 'second', attempt: 2 })).rejects.toMatchObject({ code: 'load_undone' });
    expect(await rows()).toEqual(before);
  });
});
