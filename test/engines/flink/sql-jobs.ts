import { writeFileSync } from 'node:fs';
import { beforeAll, expect, test, vi } from 'vitest';
import { PermissionDeniedError, ValidationError } from '../../../sdk/index.js';
import { tryConnection } from '../../../worker/host/try-connection.js';
import { type FlakyFront, startFlakyFront } from '../flaky-front.js';
import { startGate } from './gate.js';
import { long, type Session } from './session.js';

/** What SQL does through the gateway of a session cluster, whose own list of jobs is the witness. */
export function sqlJobs(here: () => Session): void {
  let front: FlakyFront;

  beforeAll(async () => void (front = await startFlakyFront(here().flink.sqlGateway)));

  /** SQL that need not wait. */
  const ready = () => {
    const go = here().meeting();
    writeFileSync(go, '');
    return { on: 'flink', run: here().sql(go) };
  };

  test.each(['CANCELLED', 'TIMED_OUT'])('%s cancels its job', { timeout: long }, async (reason) => {
    const stopping = new AbortController();
    const { ended, job } = await here().working('sql', { signal: stopping.signal });
    stopping.abort(new Error(reason));
    await expect(ended).rejects.toThrow(reason);
    await here().untilJob(job, 'CANCELED');
  });

  test('when the worker stops its job goes on, and the next attempt finds it, though nothing was heard of it and the gateway is gone', {
    timeout: long,
  }, async ({ onTestFinished }) => {
    const stopping = new AbortController();
    const { ended, context, input, job, go } = await here().working('sql', { signal: stopping.signal });
    const before = (await here().jobs()).size;
    stopping.abort(new Error('WORKER_SHUTDOWN'));
    await expect(ended).rejects.toThrow('WORKER_SHUTDOWN');
    onTestFinished(() => here().flink.gateway.resume());
    await here().flink.gateway.halt('SIGKILL');
    const second = here().work(input, here().call({ key: context.key, attempt: 2 }));
    go();
    expect(await second).toMatchObject({ job, state: 'FINISHED' });
    expect((await here().jobs()).size).toBe(before);
  });

  test('a gateway that is killed, and comes back without its sessions, costs no attempt and begins one job', { timeout: 2 * long }, async () => {
    const { gateway } = here().flink;
    const before = (await here().jobs()).size;
    const running = await here().working('sql');
    await gateway.halt('SIGKILL');
    const context = here().call();
    const late = here().work(ready(), context);
    late.catch(() => undefined);
    await vi.waitFor(() => expect(context.lines.join()).toContain('does not answer'), { timeout: long });
    await gateway.resume();
    running.go();
    expect(await Promise.all([running.ended, late])).toMatchObject([{ job: running.job, state: 'FINISHED' }, { state: 'FINISHED' }]);
    expect((await here().jobs()).size - before).toBe(2);
  });

  test.each([
    ['whose answer is lost', 'INSERT'],
    ['whose session is gone when it is sent', 'CREATE TABLE written'],
  ])('a statement %s is begun once', { timeout: long }, async (_, words) => {
    let lost = 0;
    front.loses = ({ method, path, body, reply }) => {
      if (method !== 'POST' || !body.includes(words) || reply === undefined || lost > 0) return false;
      lost += 1;
      // A gateway that was restarted knows none of its sessions.
      if (words !== 'INSERT') void fetch(new URL(path.replace(/\/statements.*/, ''), here().flink.sqlGateway), { method: 'DELETE' });
      return true;
    };
    const before = (await here().jobs()).size;
    const context = here().call({}, here().connection({ sqlGateway: front.url }));
    expect(await here().work(ready(), context)).toMatchObject({ state: 'FINISHED' });
    expect(lost).toBe(1);
    expect((await here().jobs()).size - before).toBe(1);
  });

  test.each([
    ['a setting that is none', { settings: { 'execution.runtime-mode': 'sideways' } }, /sideways.*execution\.runtime-mode/],
    ['a catalog that is not there', { prepare: ['USE CATALOG nowhere'] }, /nowhere/],
    ['a statement that is no job', { statement: 'SHOW TABLES' }, /SHOW TABLES/],
  ])('%s is refused', { timeout: long }, async (_, changes, message) => {
    const { on, run } = ready();
    const before = (await here().jobs()).size;
    const refused = here().work({ on, run: { ...run, ...changes } });
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(ValidationError);
    expect((await here().jobs()).size).toBe(before);
  });

  test.each([401, 403])('who is answered %i by what stands before the gateway is told so, once, and no job begins', { timeout: long }, async (status) => {
    const key = 'the-key-of-the-gate';
    const gate = await startGate(here().flink.sqlGateway, key, status);
    const through = (word: string) => here().connection({ sqlGateway: gate.url, headers: { authorization: `Bearer ${word}` } });
    const before = (await here().jobs()).size;
    const refused = here().work(ready(), here().call({}, through('another-key-of-mine')));
    await expect(refused).rejects.toBeInstanceOf(PermissionDeniedError);
    await expect(refused).rejects.not.toThrow('another-key-of-mine');
    expect((await here().jobs()).size).toBe(before);
    await expect(tryConnection(through('another-key-of-mine'), 'flink')).rejects.toBeInstanceOf(PermissionDeniedError);
    expect(await here().work(ready(), here().call({}, through(key)))).toMatchObject({ state: 'FINISHED' });
    gate.close();
  });
}
