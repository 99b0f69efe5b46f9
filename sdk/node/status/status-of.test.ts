import { defaultPayloadConverter } from '@temporalio/common';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { shop } from '../fixtures/pipelines/shop.js';
import { openWorkshop, until, type Workshop } from '../fixtures/workshop.fixture.js';
import type { Described, HistoryEvent } from './history-event.js';
import { findProblem } from './problem.js';
import { Progress } from './progress.js';
import { statusOf } from './status-of.js';

interface Recorded {
  described: Described;
  events: HistoryEvent[];
}

let workshop: Workshop;
const recorded: Recorded[] = [];

beforeAll(async () => {
  workshop = await openWorkshop(inject('temporal'));
  await workshop.startWorker();
  for (const input of [
    { orders: ['a', 'b', 'c'], fail: 1 },
    { orders: ['a'], packFails: true, undo: 0 },
    { orders: [], end: 'ROLLED_BACK' as const },
  ]) {
    const run = await workshop.client.start(shop, { ...input, ask: true });
    await until(
      () => run.status(),
      ({ pendingSignals }) => pendingSignals.length > 0,
    );
    await run.approve('release', { reason: 'recorded' });
    await run.result().catch(() => undefined);
    recorded.push(await read(run.workflowId));
  }
});

afterAll(() => workshop.close());

async function read(workflowId: string): Promise<Recorded> {
  const handle = workshop.temporal.workflow.getHandle(workflowId);
  const { raw } = await handle.describe();
  return { described: raw, events: (await handle.fetchHistory()).events ?? [] };
}

/** The places at which a reader may find the history: Temporal writes the answer of a workflow task at once. */
function readable(events: readonly HistoryEvent[]): number[] {
  const ends = events.map((_, index) => index + 1);
  return ends.filter((end) => {
    const next = events[end];
    return next === undefined || next.workflowTaskScheduledEventAttributes != null || next.activityTaskStartedEventAttributes != null;
  });
}

const anyRun = () => fc.nat({ max: recorded.length - 1 });
const runAt = (index: number) => recorded[index] as Recorded;

describe('at every moment of a recorded run', () => {
  test('progress is between 0 and 1, never falls, and is 1 only when it has succeeded', () => {
    fc.assert(
      fc.property(anyRun(), fc.nat({ max: 30 }), (index, stepsOfLastSuccess) => {
        const { described, events } = runAt(index);
        let before = 0;
        for (const end of readable(events)) {
          const { progress, status } = statusOf(described, events.slice(0, end), { stepsOfLastSuccess });
          expect(progress).toBeGreaterThanOrEqual(before);
          expect(progress === 1).toBe(status === 'SUCCEEDED');
          before = progress;
        }
      }),
    );
  });

  test('the first fields are those of the specification, and the current step is one of the open lines', () => {
    fc.assert(
      fc.property(anyRun(), fc.nat({ max: 60 }), (index, length) => {
        const { described, events } = runAt(index);
        const status = statusOf(described, events.slice(0, Math.max(1, length)));
        expect(Object.keys(status).slice(0, 9)).toEqual([
          'workflowId',
          'runId',
          'status',
          'startedAt',
          'currentActivity',
          'progress',
          'activities',
          'retries',
          'pendingSignals',
        ]);
        expect(status).toMatchObject({
          currentActivity: expect.toSatisfy((it: unknown) => it === null || typeof it === 'string'),
          retries: expect.any(Number),
          pendingSignals: expect.any(Array),
        });
        if (status.currentActivity !== null)
          expect(
            status.activities.some(({ name, status: state }) => name === status.currentActivity && ['SCHEDULED', 'RUNNING', 'RETRYING'].includes(state)),
          ).toBe(true);
        expect(status.retries).toBe(status.activities.reduce((sum, { attempt = 1 }) => sum + attempt - 1, 0));
        expect(JSON.parse(JSON.stringify(status))).toEqual(status);
      }),
    );
  });

  test('the same facts give the same status', () => {
    for (const { described, events } of recorded) expect(statusOf(described, events, { now: 0 })).toEqual(statusOf(described, events, { now: 0 }));
  });
});

test('an end that the description does not know yet is believed of the history', () => {
  const [{ described, events }] = recorded as [Recorded];
  const stale = {
    ...described,
    pendingActivities: [{ activityId: 'pack#1', state: 1, attempt: 7 }],
    workflowExecutionInfo: { ...described.workflowExecutionInfo, closeTime: null },
  } as unknown as Described;
  const status = statusOf(stale, events);
  expect(status.status).toBe('SUCCEEDED');
  expect(status.activities.find(({ callId }) => callId === 'pack#1')).toMatchObject({ status: 'COMPLETED', attempt: 1 });
});

test('an open call says where its work is done and how far it is, as its heartbeat told', () => {
  const [{ described, events }] = recorded as [Recorded];
  const upTo = events.findIndex(({ activityTaskScheduledEventAttributes }) => activityTaskScheduledEventAttributes != null);
  const activityId = events[upTo]?.activityTaskScheduledEventAttributes?.activityId;
  const engine = { name: 'Spark', id: 'headrace-1', link: 'http://spark/1' };
  const beat = defaultPayloadConverter.toPayload({ outside: { number: 1, handle: {} }, engine, progress: { stages: 3 } });
  const running = { ...described, pendingActivities: [{ activityId, state: 2, attempt: 1, heartbeatDetails: { payloads: [beat] } }] } as unknown as Described;
  const { activities } = statusOf(running, events.slice(0, upTo + 1));
  expect(activities.at(-1)).toMatchObject({ status: 'RUNNING', engine, working: { stages: 3 } });
});

test('what is counted never makes progress fall or reach 1', () => {
  const moment = fc.nat({ max: 50 }).chain((seen) => fc.record({ seen: fc.constant(seen), finished: fc.nat({ max: seen }) }));
  fc.assert(
    fc.property(fc.array(moment), fc.nat({ max: 60 }), (moments, last) => {
      const progress = new Progress(last);
      let before = 0;
      for (const it of moments) {
        progress.take(it);
        expect(progress.value(undefined, false)).toBeGreaterThanOrEqual(before);
        before = progress.value(undefined, false);
      }
      expect(before).toBeLessThan(1);
      expect(progress.value(1, false)).toBeLessThan(1);
      expect(progress.value(0, true)).toBe(1);
    }),
  );
});

describe('a problem is', () => {
  const now = Date.parse('2026-02-12T06:01:00Z');
  const at = (seconds: number) => ({ seconds: now / 1_000 - seconds, nanos: 0 });
  const described = (it: object) => it as Described;

  test('that nobody polls the task queue', () => {
    expect(findProblem(described({}), undefined, { taskQueue: 'q', pollers: 0 }, now)).toMatch(/No worker polls the task queue 'q'/);
    expect(findProblem(described({}), undefined, { taskQueue: 'q', pollers: 1 }, now)).toBeUndefined();
  });

  test('that a workflow task or a step is due for long and nobody takes it', () => {
    expect(findProblem(described({ pendingWorkflowTask: { state: 1, scheduledTime: at(20) } }), undefined, undefined, now)).toMatch(/busy, or one was lost/);
    expect(findProblem(described({ pendingWorkflowTask: { state: 1, scheduledTime: at(2) } }), undefined, undefined, now)).toBeUndefined();
    expect(findProblem(described({ pendingActivities: [{ state: 1, scheduledTime: at(40) }] }), undefined, undefined, now)).toMatch(/busy, or one was lost/);
    // It waits for its next attempt, which is not due yet.
    expect(findProblem(described({ pendingActivities: [{ state: 1, scheduledTime: at(-40) }] }), undefined, undefined, now)).toBeUndefined();
  });

  test('that the workflow task fails, as long as it does', () => {
    expect(findProblem(described({ pendingWorkflowTask: { state: 2, attempt: 4 } }), 'no such workflow', undefined, now)).toBe(
      'The run cannot go on: no such workflow (workflow task attempt 4).',
    );
    expect(findProblem(described({}), 'no such workflow', undefined, now)).toBeUndefined();
  });
});
