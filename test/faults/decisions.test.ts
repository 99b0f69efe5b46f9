import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Decided } from '../../sdk/authoring/decision.js';
import { DecisionRefused } from '../../sdk/node/client/decision-refused.js';
import { asker } from '../../worker/api/client.fixture.js';
import { startApi } from '../../worker/api/index.js';
import { openRecord } from '../../worker/events/run-record.fixture.js';
import { discover } from '../../worker/host/discover.js';
import { type Ground, openGround } from './ground.js';
import { asking, goAhead } from './pipelines/asking.js';
import { until } from './until.js';
import { startWorker } from './worker-process.js';

let here: Ground;

beforeAll(async () => {
  here = await openGround();
  await startWorker(here);
});
afterAll(() => here?.leave());

/** What a decision was told: that it counts, or what counts instead. */
async function decide(workflowId: string, who: number): Promise<Decided['decision']> {
  try {
    return (await here.client.run(workflowId).approve(goAhead, { who }, { decisionId: `decision-${who}` })).decision;
  } catch (error) {
    if (error instanceof DecisionRefused && error.code === 'already_decided' && error.decided !== undefined) return error.decided.decision;
    throw error;
  }
}

const waiting = (workflowId: string) =>
  until(
    () => here.status(workflowId),
    ({ pendingSignals, endedAt }) => pendingSignals.length > 0 || endedAt !== undefined,
  );

/** One race: a decision that arrives around the deadline. Gives what the reply said, and what the run did. */
async function race(index: number): Promise<[reply: string, outcome: string]> {
  const { workflowId } = await here.client.start(asking, { milliseconds: 1_500 });
  const [wait1] = (await waiting(workflowId)).pendingSignals;
  // From a second before to 10 ms after, most of them near it: how long a decision is under way depends on the machine.
  const offset = 10 - 1_010 * ((index % 40) / 39) ** 3;
  await wait(Math.max(0, Date.parse(wait1?.deadline ?? '') + offset - Date.now()));
  const reply = await decide(workflowId, index);
  const { status, output, approvals } = await here.ended(workflowId);
  expect(approvals).toMatchObject([{ decision: reply }]);
  return [reply, status === 'SUCCEEDED' && (output as { who: number }).who === index ? 'approve' : status === 'CANCELLED' ? 'expired' : status];
}

test('200 decisions that race their deadline are answered with what the run did', { timeout: 120_000 }, async () => {
  const races: [string, string][] = [];
  for (let index = 0; index < 200; index += 20) races.push(...(await Promise.all(Array.from({ length: 20 }, (_, lane) => race(index + lane)))));
  for (const [reply, outcome] of races) expect(reply).toBe(outcome);
  const approved = races.filter(([reply]) => reply === 'approve').length;
  console.log(`approved ${approved}, expired ${races.length - approved}`);
  expect(races).toHaveLength(200);
  expect(approved).toBeGreaterThan(10);
  expect(approved).toBeLessThan(190);
});

test('of 50 decisions at once one counts, and the others get 409 with it, also after the run has ended with it', { timeout: 60_000 }, async () => {
  const { record, remove } = await openRecord({ ...inject('temporal'), taskQueue: here.taskQueue });
  here.atEnd(remove);
  const api = await startApi({ client: here.client, catalogue: await discover(here.pipelines), record, port: 0 });
  here.atEnd(() => api.stop());
  const http = asker(api.url);
  const { workflowId } = await here.client.start(asking, { milliseconds: 60_000 });
  await waiting(workflowId);
  const send = (who: number) => http.post(`${http.run(workflowId)}/approvals/go_ahead`, { decision: 'approve', answer: { who }, decisionId: `${who}` });
  const answers = await Promise.all(Array.from({ length: 50 }, (_, who) => send(who)));
  const won = answers.filter(({ status }) => status === 200);
  expect(won).toHaveLength(1);
  const [winner] = won;
  const lost = answers.filter(({ status }) => status === 409);
  expect(lost).toHaveLength(49);
  for (const { body } of lost) expect(body).toMatchObject({ code: 'already_decided', decided: { decisionId: winner?.body.decisionId } });
  expect(await here.ended(workflowId)).toMatchObject({ status: 'SUCCEEDED', output: winner?.body.answer });
  expect(await send(99)).toMatchObject({ status: 409, body: { code: 'already_decided' } });
  expect(await send(winner?.body.answer.who)).toMatchObject({ status: 200, body: winner?.body });
});
