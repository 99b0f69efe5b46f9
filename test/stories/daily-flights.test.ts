import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askLake, sums } from '../faults/rows.js';
import { until } from '../faults/until.js';
import { openStory, type Story } from './story.js';

let story: Story;

beforeAll(async () => void (story = await openStory()));
afterAll(() => story?.ground.leave());

const badDay = '2001-07-01';
const waiting = (workflowId: string) =>
  until(
    () => story.ground.status(workflowId),
    ({ pendingSignals }) => pendingSignals.length > 0,
  );
const flightsOf = async (day: string) =>
  Number(
    (await askLake(`SELECT sum(flights) AS flights FROM read_parquet('${story.ground.lake}/flights.delays/**/*.parquet') WHERE day = DATE '${day}'`))[0]
      ?.flights,
  );

describe('daily flights', () => {
  test('a good day is loaded without anybody', async () => {
    const { code, status } = await story.run('daily_flights', { day: '2001-06-30' });
    expect(code).toBe(0);
    expect(status).toMatchObject({ status: 'SUCCEEDED', progress: 1, retries: 0, output: { status: 'COMPLETED', day: '2001-06-30', score: 1 } });
    const { flights, rows } = status.output as { flights: number; rows: number };
    expect(flights).toBeGreaterThan(10_000);
    expect(rows).toBeGreaterThan(1_000);
    expect(await flightsOf('2001-06-30')).toBe(flights);
    await story.keep('daily-flights-good-day', status.workflowId);
  });

  test('the bad day waits, is shown with its evidence, and is approved by command line', async () => {
    const workflowId = await story.detach('daily_flights', { day: badDay });
    await waiting(workflowId);
    expect((await story.http.status(workflowId)).pendingSignals).toMatchObject([
      { name: 'load_anyway', evidence: { passed: false }, schema: { required: ['reason'] } },
    ]);
    const shown = await story.headrace('status', workflowId);
    expect(shown.out).toContain('WAITING_FOR_APPROVAL');
    expect(shown.out).toContain('load_anyway');
    const wrong = await story.headrace('approve', workflowId, 'load_anyway', 'why=because');
    expect(wrong).toMatchObject({ code: 2, err: expect.stringMatching(/wrong_answer.*reason[\s\S]*fix:/) });
    const approved = await story.headrace('approve', workflowId, 'load_anyway', 'reason=known gap', '--by', 'ada');
    expect(approved).toMatchObject({ code: 0, out: expect.stringContaining('approved') });
    expect(await story.ground.ended(workflowId)).toMatchObject({
      status: 'SUCCEEDED',
      output: { status: 'COMPLETED', flights: 6 },
      approvals: [{ decision: 'approve', by: 'ada', answer: { reason: 'known gap' } }],
    });
    expect(await flightsOf(badDay)).toBe(6);
    await story.keep('daily-flights-approved', workflowId);
  });

  test('the bad day is approved through the API', async () => {
    const workflowId = await story.detach('daily_flights', { day: badDay });
    await waiting(workflowId);
    expect(await story.http.post(`${story.http.run(workflowId)}/signal`, { name: 'load_anyway', data: { answer: { reason: 'known gap' } } })).toMatchObject({
      status: 200,
      body: { decision: 'approve' },
    });
    expect(await story.ground.ended(workflowId)).toMatchObject({ status: 'SUCCEEDED', output: { status: 'COMPLETED' } });
  });

  test('the bad day is declined: nothing is loaded, and the run is CANCELLED with its reason', async () => {
    const before = sums(story.ground, 'flights.delays');
    const workflowId = await story.detach('daily_flights', { day: badDay });
    await waiting(workflowId);
    expect(await story.headrace('decline', workflowId, '--comment', 'not this one')).toMatchObject({ code: 0, out: expect.stringContaining('declined') });
    expect(await story.ground.ended(workflowId)).toMatchObject({
      status: 'CANCELLED',
      reason: 'Quality below threshold',
      approvals: [{ decision: 'decline', comment: 'not this one' }],
    });
    expect(await story.headrace('status', workflowId, '--follow')).toMatchObject({ code: 3 });
    expect(sums(story.ground, 'flights.delays')).toEqual(before);
    await story.keep('daily-flights-declined', workflowId);
  });
});
