import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Decided } from '../authoring/decision.js';
import { decide } from '../node/client/decide.js';
import { DecisionRefused } from '../node/client/decision-refused.js';
import { listRuns } from '../node/client/list-runs.js';
import { awaitResult } from '../node/client/run-result.js';
import { startRun } from '../node/client/start-run.js';
import { readRun } from '../node/status/read-run.js';
import { statusOf } from '../node/status/status-of.js';
import { realBed } from '../testing/bed.fixture.js';
import type { TestBed, TestRun } from '../testing/index.js';
import { asking, askingWho } from './fixtures/pipelines/calls.js';

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

describe('where it matters who decides', () => {
  async function asked(input: { finance?: boolean } = {}, startedBy?: string) {
    const { temporal } = bed.server;
    const { workflowId } = await startRun(temporal, askingWho, input, { startedBy });
    const status = async () => {
      const { described, events } = await readRun(temporal, workflowId);
      return statusOf(described, events, { pipeline: askingWho });
    };
    await expect.poll(async () => (await status()).pendingSignals.length, { timeout: 20_000 }).toBe(1);
    const vote = (by: string | undefined, decision: 'approve' | 'decline' = 'approve', more: { decisionId?: string; roles?: string[] } = {}) =>
      decide(
        temporal,
        workflowId,
        { approval: input.finance === true ? 'by_finance' : 'together', decision, answer: input.finance ? undefined : { reason: `says ${by}` } },
        { by, ...more },
      );
    const length = async () => (await readRun(temporal, workflowId)).events.length;
    return { status, vote, length, ended: () => awaitResult(temporal, workflowId) };
  }

  test('three different people approve, each hears how many are missing, and the run hears all of them', async () => {
    const { vote, status, ended } = await asked();
    expect(await vote('ann', 'approve', { decisionId: 'a' })).toMatchObject({ decision: 'approve', by: 'ann', missing: 2 });
    expect(await vote('bob')).toMatchObject({ by: 'bob', missing: 1 });
    expect((await status()).pendingSignals).toMatchObject([
      { name: 'together', required: 3, missing: 1, notStarter: true, approved: [{ by: 'ann', answer: { reason: 'says ann' } }, { by: 'bob' }] },
    ]);
    expect((await status()).approvals).toEqual([]);
    expect(await vote('cyd')).toEqual(expect.not.objectContaining({ missing: expect.anything() }));
    expect(await ended()).toEqual(['ann: says ann', 'bob: says bob', 'cyd: says cyd', 'last cyd: says cyd']);
    expect((await status()).approvals).toMatchObject([
      {
        decision: 'approve',
        by: 'cyd',
        approved: [
          { by: 'ann', missing: 2 },
          { by: 'bob', missing: 1 },
        ],
      },
    ]);
    expect(await vote('ann', 'approve', { decisionId: 'a' })).toMatchObject({ by: 'ann', missing: 2 });
  });

  test('the same person counts once, leaves no second event, and may still decline, which ends it', async () => {
    const { vote, status, length, ended } = await asked();
    await vote('ann', 'approve', { decisionId: 'a' });
    const before = await length();
    await expect(vote('ann')).rejects.toMatchObject({
      code: 'already_decided',
      message: expect.stringMatching(/by ann.*2 more must approve/),
      decided: { missing: 2 },
    });
    expect(await vote('ann', 'approve', { decisionId: 'a' })).toMatchObject({ missing: 2 });
    expect(await length()).toBe(before);
    expect((await status()).pendingSignals[0]?.missing).toBe(2);
    expect(await vote('ann', 'decline')).toMatchObject({ decision: 'decline' });
    await expect(ended()).rejects.toMatchObject({ code: 'declined' });
  });

  test('of thirty people at once three count, and the others hear that it is decided', async () => {
    const { vote, ended } = await asked();
    const replies = await Promise.allSettled(Array.from({ length: 30 }, (_, index) => vote(`person ${index}`)));
    const taken = replies.flatMap((reply) => (reply.status === 'fulfilled' ? [reply.value] : []));
    expect(taken.map(({ missing }) => missing).sort()).toEqual([1, 2, undefined]);
    const refused = replies.flatMap((reply) => (reply.status === 'rejected' ? [(reply.reason as DecisionRefused).code] : []));
    expect(new Set(refused)).toEqual(new Set(['already_decided']));
    expect(await ended()).toHaveLength(4);
  });

  test('nobody without a name, without a role, and not the starter; a refusal leaves no event', async () => {
    const own = await asked({}, 'ann');
    const before = await own.length();
    await expect(own.vote('ann')).rejects.toMatchObject({ code: 'own_run' });
    await expect(own.vote('ann', 'decline')).rejects.toMatchObject({ code: 'own_run' });
    await expect(own.vote(undefined)).rejects.toMatchObject({ code: 'nameless_decision' });
    expect(await own.length()).toBe(before);
    expect(await own.vote('bob')).toMatchObject({ missing: 2 });
    const finance = await asked({ finance: true });
    await expect(finance.vote('bob')).rejects.toMatchObject({ code: 'wrong_role', message: expect.stringContaining('finance or controlling') });
    await expect(finance.vote('bob', 'decline', { roles: ['approver'] })).rejects.toMatchObject({ code: 'wrong_role' });
    await finance.vote('bob', 'approve', { roles: ['approver', 'controlling'] });
    expect(await finance.ended()).toEqual(['bob']);
  });

  test('in a test of a pipeline, somebody else replies each time, with the roles that are asked for', async () => {
    const { output } = await bed.run(askingWho, {}, { approvals: { together: ({ missing }) => ({ answer: { reason: `missing ${missing}` } }) } });
    expect(output).toEqual(['approver 1: missing 3', 'approver 2: missing 2', 'approver 3: missing 1', 'last approver 3: missing 1']);
    expect((await bed.run(askingWho, { finance: true }, { approvals: { by_finance: 'approve' } })).status).toBe('SUCCEEDED');
  });

  test('a raw signal, which has no name, decides nothing', async () => {
    const run = await bed.start(askingWho, { finance: true });
    await run.waiting('by_finance');
    await run.handle.signal('approve');
    await run.handle.signal('by_finance');
    await run.handle.signal('cancel');
    const { status, run: told } = await run.ended();
    expect(status).toBe('CANCELLED');
    expect(told.ignoredSignals.map(({ name }) => name)).toEqual(['approve', 'by_finance']);
    expect(told.approvals).toMatchObject([{ decision: 'withdrawn' }]);
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
