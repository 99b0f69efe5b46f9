import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Decided } from '../authoring/decision.js';
import { decide } from '../node/client/decide.js';
import { DecisionRefused } from '../node/client/decision-refused.js';
import { listRuns } from '../node/client/list-runs.js';
import { realBed } from '../testing/bed.fixture.js';
import type { TestBed, TestRun } from '../testing/index.js';
import { asking } from './fixtures/pipelines/calls.js';

let bed: TestBed;

beforeAll(async () => {
  bed = await realBed(new URL('./fixtures/pipelines', import.meta.url));
});
afterAll(() => bed.close());

async function waitingRun(times = 1) {
  const run = await bed.start(asking, { times });
  await run.waiting('go_on');
  return run;
}

function send(
  run: TestRun<unknown>,
  decision: 'approve' | 'decline',
  options: { decisionId?: string; comment?: string; by?: string; approval?: string } = {},
): Promise<Decided> {
  const { approval = 'go_on', ...rest } = options;
  return decide(bed.server.temporal, run.workflowId, { approval, decision }, rest);
}

const events = async (run: TestRun<unknown>) => (await run.handle.fetchHistory()).events?.length;

describe('decisions', () => {
  test('fifty at once on a run that ends with the first: one wins, and all others hear what was decided', async () => {
    const run = await waitingRun();
    const replies = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) => send(run, index % 2 === 0 ? 'approve' : 'decline', { decisionId: `d${index}`, by: `person ${index}` })),
    );
    const taken = replies.flatMap((reply) => (reply.status === 'fulfilled' ? [reply.value] : []));
    const refused = replies.flatMap((reply) => (reply.status === 'rejected' ? [reply.reason as DecisionRefused] : []));
    const { output } = await run.ended();
    const winner = new Set([...taken, ...refused.map(({ decided }) => decided as Decided)].map(({ decisionId }) => decisionId));
    expect(winner.size).toBe(1);
    expect(refused.every((error) => error instanceof DecisionRefused && error.code === 'already_decided')).toBe(true);
    expect(taken[0]?.decision === 'approve' ? [`approved by ${taken[0].by}`] : ["declined: 'go_on' was declined."]).toEqual(output);
  });

  test('the same decision ten times is one decision, and each reply is the same', async () => {
    const run = await waitingRun(2);
    const replies = await Promise.all(Array.from({ length: 10 }, () => send(run, 'approve', { decisionId: 'again', by: 'ann', approval: 'go_on#1' })));
    expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
    await run.waiting('go_on#2');
    await send(run, 'decline', { comment: 'not twice' });
    expect((await run.ended()).output).toEqual(['approved by ann', 'declined: not twice']);
  });

  test('fifty of one id that contradict each other: the first counts, and who said otherwise is told so', async () => {
    const run = await waitingRun();
    const said = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? 'approve' : 'decline'));
    const replies = await Promise.allSettled(said.map((decision) => send(run, decision, { decisionId: 'one' })));
    const [won] = replies.flatMap((reply) => (reply.status === 'fulfilled' ? [reply.value.decision] : []));
    expect(replies.map((reply) => (reply.status === 'fulfilled' ? reply.value.decision : (reply.reason as DecisionRefused).code))).toEqual(
      said.map((decision) => (decision === won ? decision : 'decision_id_used')),
    );
    expect((await run.ended()).output).toEqual([won === 'approve' ? 'approved by nobody' : "declined: 'go_on' was declined."]);
  });

  test('that cannot count are refused and leave no event', async () => {
    const run = await waitingRun();
    const before = await events(run);
    await expect(send(run, 'approve', { approval: 'no_such' })).rejects.toMatchObject({ code: 'unknown_approval', message: expect.stringContaining('go_on') });
    await expect(run.handle.executeUpdate('decide', { args: [{ approval: 'go_on', decision: 'perhaps' }] })).rejects.toThrow();
    await expect(run.handle.executeUpdate('decide', { args: [] })).rejects.toThrow();
    await expect(send(run, 'approve', { comment: 'x'.repeat(5_000) })).rejects.toMatchObject({ code: 'wrong_answer' });
    expect(await events(run)).toBe(before);
    await send(run, 'approve');
    expect((await run.ended()).status).toBe('SUCCEEDED');
  });
});

describe('raw signals', () => {
  test('that fit are taken: approve, decline, and the approval by its name', async () => {
    const run = await waitingRun(3);
    await run.handle.signal('approve');
    await run.waiting('go_on#2');
    await run.handle.signal('decline', { comment: 'no' });
    await run.waiting('go_on#3');
    await run.handle.signal('go_on', { decision: 'approve' });
    expect((await run.ended()).output).toEqual(['approved by nobody', 'declined: no', 'approved by nobody']);
  });

  test('that do not fit are ignored and listed', async () => {
    const run = await waitingRun();
    await run.handle.signal('nonsense', 12);
    await run.handle.signal('approve', { approval: 'no_such' });
    await run.handle.signal('approve');
    const { status, run: told } = await run.ended();
    expect(status).toBe('SUCCEEDED');
    expect(told.ignoredSignals.map(({ name }) => name)).toEqual(['nonsense', 'approve']);
  });

  test('cancel and a decision at one moment: the run ends by one of them', async () => {
    for (let round = 0; round < 5; round += 1) {
      const run = await waitingRun();
      const [, reply] = await Promise.allSettled([run.handle.signal('cancel'), send(run, 'approve')]);
      const { status } = await run.ended();
      if (status === 'SUCCEEDED') expect(reply.status).toBe('fulfilled');
      else expect(status).toBe('CANCELLED');
    }
  });

  test('cancel cancels the run', async () => {
    const run = await waitingRun();
    await run.handle.signal('cancel');
    expect((await run.ended()).status).toBe('CANCELLED');
    const listed = async (status: 'CANCELLED' | 'FAILED') => {
      const { runs } = await listRuns(bed.server.temporal, { pipeline: 'asking', status });
      return runs.some(({ workflowId }) => workflowId === run.workflowId);
    };
    await expect.poll(() => listed('CANCELLED'), { timeout: 10_000 }).toBe(true);
    expect(await listed('FAILED')).toBe(false);
  });
});
