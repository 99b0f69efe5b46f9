import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decide } from '../node/client/decide.js';
import { DecisionRefused } from '../node/client/decision-refused.js';
import { skippingBed, timeSkipping } from './bed.fixture.js';
import { count, sales } from './fixtures/pipelines/sales.js';
import { replace, type TestBed } from './index.js';

let bed: TestBed;
const bad = replace(count, async () => ({ rows: 7, score: 0.5 }));

/** Decides around the deadline. @returns what the reply said was decided */
async function race(offset: number, atOnce: boolean) {
  const run = await bed.start(sales, { day: '2026-02-12' }, { steps: [bad], approvals: { release_anyway: 'expire' } });
  const { id, deadline } = await run.waiting('release_anyway');
  const passed = bed.server.pass(Math.max(1, Date.parse(deadline) - (await bed.server.now()) + offset));
  if (!atOnce) await passed;
  const reply = decide(bed.server.temporal, run.workflowId, { approval: id, decision: 'approve', answer: { reason: 'in time' } }, { by: 'ann' });
  const decided = await reply.catch((error: unknown) => {
    if (error instanceof DecisionRefused && error.decided !== undefined) return error.decided;
    throw error;
  });
  await passed;
  return { decided: decided, result: await run.ended() };
}

describe.skipIf(!timeSkipping)('a decision that meets its deadline', () => {
  beforeAll(async () => {
    bed = await skippingBed(new URL('./fixtures/pipelines', import.meta.url));
  });
  afterAll(() => bed.close());

  const cases = [-1, 0, 1].flatMap((offset) => [false, true].map((atOnce) => ({ offset, atOnce })));
  test.each(cases)('at $offset ms, at once with the clock: $atOnce, has one outcome, and the reply equals it', async ({ offset, atOnce }) => {
    for (let round = 0; round < 4; round += 1) {
      const { decided, result } = await race(offset, atOnce);
      const approved = result.status === 'SUCCEEDED';
      expect(decided.decision).toBe(approved ? 'approve' : 'expired');
      if (!approved) expect(result).toMatchObject({ status: 'CANCELLED', reason: "Nobody decided on 'release_anyway' within 4h." });
      expect(result.output?.by).toBe(approved ? 'ann' : undefined);
      expect(result.run.approvals).toMatchObject([{ decision: approved ? 'approve' : 'expired' }]);
    }
  });
});
