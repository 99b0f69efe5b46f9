import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { HeadraceError, PermissionDeniedError, ValidationError } from '../../sdk/index.js';
import { stepContext } from '../step-context.fixture.js';
import { follow } from './follow.js';
import type { Look, OutsideWork } from './outside-work.js';

/** A system far away, in this process: what it was told to do, and how its work is. The real ones are in test/engines. */
class Yard implements OutsideWork<{ id: string }, string> {
  readonly system = 'Yard';
  readonly connection = 'yard';
  readonly work = new Map<string, Look<string>>();
  readonly submitted: string[] = [];
  readonly cancelled: string[] = [];
  /** What the next requests meet, in order. */
  readonly trouble: Error[] = [];
  next: Look<string> = { state: 'RUNNING' };

  async find(id: string) {
    this.answer();
    return this.work.has(id) ? { id } : undefined;
  }

  async submit(id: string, _signal: AbortSignal) {
    this.submitted.push(id);
    this.work.set(id, this.next);
    this.answer();
    return { id };
  }

  link({ id }: { id: string }) {
    return `http://yard/${id}`;
  }

  async look({ id }: { id: string }) {
    this.answer();
    return this.work.get(id);
  }

  async cancel({ id }: { id: string }) {
    this.cancelled.push(id);
  }

  end(look: Look<string>) {
    for (const id of this.work.keys()) this.work.set(id, look);
  }

  private answer() {
    const error = this.trouble.shift();
    if (error !== undefined) throw error;
  }
}

const away = () => new HeadraceError('connection refused', { code: 'unreachable' });
const id = /^headrace-[0-9a-f]{24}$/;

test('work is begun once, followed to its end, and named in heartbeats and in the result', async () => {
  const yard = new Yard();
  const context = stepContext();
  const followed = follow(yard, context);
  await vi.waitFor(() => expect(yard.submitted).toEqual([expect.stringMatching(id)]));
  yard.end({ state: 'SUCCEEDED', result: 'done' });
  const engine = { name: 'Yard', id: yard.submitted[0], link: `http://yard/${yard.submitted[0]}` };
  expect(await followed).toEqual({ result: 'done', handle: { id: yard.submitted[0] }, engine });
  expect(context.heartbeats).toEqual([{ outside: { number: 1, handle: { id: yard.submitted[0] } }, engine, progress: undefined }]);
});

describe('a later attempt', () => {
  const anew = { key: 'pipeline-test/run-1/step#1', attempt: 2 };

  test('goes on with running work that it finds under the same id', async () => {
    const yard = new Yard();
    const stopping = new AbortController();
    const first = follow(yard, stepContext({}, { signal: stopping.signal }));
    await vi.waitFor(() => expect(yard.submitted).toHaveLength(1));
    stopping.abort(new Error('WORKER_SHUTDOWN'));
    await expect(first).rejects.toThrow('WORKER_SHUTDOWN');
    expect(yard.cancelled).toEqual([]);
    const second = follow(yard, stepContext({}, anew));
    yard.end({ state: 'SUCCEEDED', result: 'done' });
    expect((await second).result).toBe('done');
    expect(yard.submitted).toHaveLength(1);
  });

  test('begins work anew under the next number when it ended badly or is forgotten, and not when it never can succeed', async () => {
    const yard = new Yard();
    yard.next = { state: 'FAILED', error: new HeadraceError('no room', { code: 'work_failed' }) };
    await expect(follow(yard, stepContext())).rejects.toThrow('no room');
    yard.next = { state: 'SUCCEEDED', result: 'done' };
    expect((await follow(yard, stepContext({}, anew))).result).toBe('done');
    expect(yard.submitted).toEqual([expect.stringMatching(id), `${yard.submitted[0]}-2`]);

    const forgetful = new Yard();
    forgetful.next = { state: 'SUCCEEDED', result: 'done' };
    const resumed = { outside: { number: 1, handle: { id: 'forgotten' } } };
    await follow(forgetful, stepContext({}, { ...anew, resumed }));
    expect(forgetful.submitted).toEqual([expect.stringMatching(/-2$/)]);

    const refusing = new Yard();
    refusing.next = { state: 'FAILED', error: new ValidationError('no such class') };
    await expect(follow(refusing, stepContext())).rejects.toThrow('no such class');
    await expect(follow(refusing, stepContext({}, anew))).rejects.toThrow('no such class');
    expect(refusing.submitted).toHaveLength(1);
  });
});

describe('work that an earlier attempt is still ending', () => {
  const anew = { key: 'pipeline-test/run-1/step#1', attempt: 2 };
  const stopped: Look<string> = { state: 'FAILED', error: new HeadraceError('somebody cancelled it', { code: 'work_failed' }), isStopped: true };

  /** A yard in which a first attempt was told to stop and its work runs on, and a second one that looks after it. */
  async function adopted() {
    const yard = new Yard();
    const stopping = new AbortController();
    const first = follow(yard, stepContext({}, { signal: stopping.signal }));
    await vi.waitFor(() => expect(yard.submitted).toHaveLength(1));
    stopping.abort(new Error('WORKER_SHUTDOWN'));
    await expect(first).rejects.toThrow('WORKER_SHUTDOWN');
    const context = stepContext({}, anew);
    const second = follow(yard, context);
    second.catch(() => undefined);
    await vi.waitFor(() => expect(context.heartbeats).toHaveLength(1));
    yard.next = { state: 'SUCCEEDED', result: 'done' };
    return { yard, second, context };
  }

  test('is waited for, and begun anew under the next number by the same attempt', async () => {
    const { yard, second, context } = await adopted();
    yard.end(stopped);
    expect(await second).toMatchObject({ result: 'done', engine: { id: `${yard.submitted[0]}-2` } });
    expect(yard.submitted).toEqual([expect.stringMatching(id), `${yard.submitted[0]}-2`]);
    expect(context.lines.join()).toContain('was stopped, and is begun anew');
  });

  test('is begun anew where its end takes it from the list', async () => {
    const { yard, second } = await adopted();
    yard.work.clear();
    expect((await second).result).toBe('done');
    expect(yard.submitted).toHaveLength(2);
  });

  test('is not begun anew where it failed by itself, or came to its end all the same', async () => {
    const { yard, second } = await adopted();
    yard.end({ state: 'FAILED', error: new HeadraceError('no room', { code: 'work_failed' }) });
    await expect(second).rejects.toThrow('no room');
    const other = await adopted();
    other.yard.end({ state: 'SUCCEEDED', result: 'in spite of it' });
    expect((await other.second).result).toBe('in spite of it');
    expect([...yard.submitted, ...other.yard.submitted]).toHaveLength(2);
  });
});

test('work that this attempt began and somebody stops is told as stopped, and costs the attempt', async () => {
  const yard = new Yard();
  const followed = follow(yard, stepContext());
  await vi.waitFor(() => expect(yard.submitted).toHaveLength(1));
  yard.end({ state: 'FAILED', error: new HeadraceError('somebody cancelled it', { code: 'work_failed' }), isStopped: true });
  await expect(followed).rejects.toThrow('somebody cancelled it');
  expect(yard.submitted).toHaveLength(1);
});

test('a request whose outcome is unknown is not sent twice', async () => {
  const yard = new Yard();
  yard.next = { state: 'SUCCEEDED', result: 'done' };
  const context = stepContext();
  yard.trouble.push(away(), away(), away());
  expect((await follow(yard, context)).result).toBe('done');
  expect(yard.submitted).toHaveLength(1);
  expect(context.lines.join()).toContain('does not answer');
});

test('work is cancelled where the step is refused to look after it, since no attempt will', async () => {
  const yard = new Yard();
  const followed = follow(yard, stepContext());
  await vi.waitFor(() => expect(yard.submitted).toHaveLength(1));
  const refused = () => new PermissionDeniedError('the right was taken away');
  yard.trouble.push(refused(), refused(), refused());
  await expect(followed).rejects.toThrow('taken away');
  expect(yard.cancelled).toEqual(yard.submitted);
}, 30_000);

test('work goes on where the server did not let it be seen for a moment, as while a token is rotated', async () => {
  const yard = new Yard();
  const followed = follow(yard, stepContext());
  await vi.waitFor(() => expect(yard.submitted).toHaveLength(1));
  yard.trouble.push(new PermissionDeniedError('the token has expired'));
  await vi.waitFor(() => expect(yard.trouble).toEqual([]));
  yard.end({ state: 'SUCCEEDED', result: 'done' });
  expect((await followed).result).toBe('done');
  expect(yard.cancelled).toEqual([]);
}, 30_000);

test('work that the server forgets while it is followed is told as lost', async () => {
  const yard = new Yard();
  const followed = follow(yard, stepContext());
  await vi.waitFor(() => expect(yard.submitted).toHaveLength(1));
  yard.work.clear();
  await expect(followed).rejects.toMatchObject({ code: 'work_lost' });
});

test.each(['CANCELLED', 'TIMED_OUT'])('work is cancelled when the step is told %s, also where it is unknown whether it was begun', async (reason) => {
  const yard = new Yard();
  const stopping = new AbortController();
  const followed = follow(yard, stepContext({}, { signal: stopping.signal }));
  await vi.waitFor(() => expect(yard.submitted).toHaveLength(1));
  stopping.abort(new Error(reason));
  await expect(followed).rejects.toThrow(reason);
  expect(yard.cancelled).toEqual(yard.submitted);

  const unknown = new Yard();
  const stop = new AbortController();
  unknown.submit = async (wanted) => {
    unknown.work.set(wanted, { state: 'RUNNING' });
    stop.abort(new Error(reason));
    throw away();
  };
  await expect(follow(unknown, stepContext({}, { signal: stop.signal }))).rejects.toThrow(reason);
  expect(unknown.cancelled).toEqual([expect.stringMatching(id)]);
});

test('work whose beginning is answered only after the step was cancelled is cancelled, too', async () => {
  const yard = new Yard();
  const stop = new AbortController();
  const begin = yard.submit.bind(yard);
  yard.submit = async (wanted, signal) => {
    stop.abort(new Error('CANCELLED'));
    await wait(50, undefined, { signal }); // as a main method that has not come to its job yet
    return begin(wanted, signal);
  };
  await expect(follow(yard, stepContext({}, { signal: stop.signal }))).rejects.toThrow('CANCELLED');
  expect(yard.submitted).toHaveLength(1);
  expect(yard.cancelled).toEqual(yard.submitted);
});

test('work that moves on is looked at where it moved to, also by the next attempt', async () => {
  const asked: number[] = [];
  const moving: OutsideWork<{ page: number }, string> = {
    system: 'Yard',
    connection: 'yard',
    find: async () => undefined,
    submit: async () => ({ page: 0 }),
    link: () => undefined,
    cancel: async () => undefined,
    look: async ({ page }) => {
      asked.push(page);
      return page === 2 ? { state: 'SUCCEEDED', result: 'there' } : { state: 'RUNNING', handle: { page: page + 1 } };
    },
  };
  const context = stepContext();
  expect(await follow(moving, context)).toMatchObject({ result: 'there', handle: { page: 2 } });
  expect(asked).toEqual([0, 1, 2]);
  expect(context.heartbeats.at(-1)).toMatchObject({ outside: { handle: { page: 2 } } });
});
