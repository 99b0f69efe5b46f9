import { expect, test } from 'vitest';
import migrationRun from '../../../activities/migration/run.js';
import { createBackup, restoreBackup } from '../../../activities/migration/steps.js';
import { runStep } from '../../../activities/run-step.fixture.js';
import { PermissionDeniedError } from '../../../sdk/index.js';
import type { StepContext } from '../../../sdk/node/index.js';
import type { LargeTable } from './large-table.js';

const checksum = 'to_hex(checksum(';
const replacement = 'CREATE OR REPLACE TABLE';

/** Backups and restores of a large table that are stopped in the middle. */
export function backups(of: () => LargeTable): void {
  const input = (connection = 'lake') => ({ connection, table: of().table });
  const call = (step: typeof createBackup | typeof restoreBackup, changes: Partial<StepContext> = {}, connection = 'lake') =>
    runStep(migrationRun, step, input(connection), of().house.context({ runId: 'one', key: step.id, ...changes }));

  /** Begins a step, and cancels it while such a statement runs. */
  async function cancelled(step: typeof createBackup | typeof restoreBackup, words: string): Promise<void> {
    const stop = new AbortController();
    const going = call(step, { signal: stop.signal });
    going.catch(() => undefined);
    await of().runs(words);
    stop.abort(new Error('CANCELLED'));
    await expect(going).rejects.toThrow('CANCELLED');
    expect((await of().listed(words)).at(-1)).toBe('FAILED');
  }

  test('a backup that is cancelled, out of time, killed or refused names no snapshot; the next attempt does, and ends what was left running', async () => {
    await cancelled(createBackup, checksum);
    await expect(call(createBackup, { timeLimit: 1_000 })).rejects.toThrow(/time limit/i);
    await expect(call(createBackup, {}, 'outsider')).rejects.toBeInstanceOf(PermissionDeniedError);
    const earlier = (await of().listed(checksum)).length;
    await of().killed({ step: 'create_backup', input: input(), changes: { runId: 'one', key: createBackup.id } }, checksum);
    const backup = (await call(createBackup, { attempt: 2 })) as { snapshot: string; rows: number };
    expect((await of().listed(checksum)).slice(earlier)).toEqual(['FAILED', 'FINISHED']);
    expect(backup).toMatchObject({ rows: (await of().content())?.[0], snapshot: expect.stringMatching(/^\d{15,}$/) as string });
    expect(await call(createBackup, { attempt: 3 })).toEqual(backup);
  });

  test('a restore that is cancelled, out of time, killed or refused leaves the table as it was found; the next attempt brings it back, once', async () => {
    const { house, table } = of();
    const before = await of().content();
    await call(createBackup);
    await house.ask(`ALTER TABLE ${table} ADD COLUMN twice integer`);
    await house.ask(`DELETE FROM ${table} WHERE orderkey < 1000`);
    const [changed, snapshots] = [await of().content(), await of().snapshots()];
    await cancelled(restoreBackup, replacement);
    await expect(call(restoreBackup, { timeLimit: 1_000 })).rejects.toThrow(/time limit/i);
    await expect(call(restoreBackup, {}, 'outsider')).rejects.toBeInstanceOf(PermissionDeniedError);
    expect([await of().content(), await of().snapshots()]).toEqual([changed, snapshots]);
    const earlier = (await of().listed(replacement)).length;
    await of().killed({ step: 'restore_backup', input: input(), changes: { runId: 'one', key: restoreBackup.id } }, replacement);
    expect(await call(restoreBackup, { attempt: 2 })).toMatchObject({ restored: true, verified: true, rows: before?.[0] });
    expect((await of().listed(replacement)).slice(earlier)).toEqual(['FAILED', 'FINISHED']);
    expect(await of().content()).toEqual(before);
    expect(await call(restoreBackup, { attempt: 3 })).toMatchObject({ restored: false, verified: true });
  });
}
