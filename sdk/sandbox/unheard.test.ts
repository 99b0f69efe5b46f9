import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realBed } from '../testing/bed.fixture.js';
import { replace, type TestBed } from '../testing/index.js';
import { dropping, droppingAndEnding, droppingAndGoingOn, manners } from './fixtures/pipelines/dropping.js';
import { act } from './fixtures/pipelines/steps.js';

let bed: TestBed;

beforeAll(async () => {
  bed = await realBed(new URL('./fixtures/pipelines', import.meta.url));
});
afterAll(() => bed.close());

function works() {
  let lost = 0;
  return replace(act, async ({ name }) => {
    if (name.includes('slow')) await wait(200);
    if (name.includes('lost') && ++lost === 1) throw Object.assign(new Error('The worker stops.'), { name: 'WorkerStopped' });
    if (name.includes('fail')) throw new RangeError(name);
    return name;
  });
}

describe('what has failed and nobody ever awaits fails the run, after undo:', () => {
  test.each(manners.dropped)('%s', async (what) => {
    const { status, error, calls } = await bed.run(dropping, { what }, { steps: [works()] });
    const named = what.includes('wrong input')
      ? { type: 'ValidationError', message: expect.stringContaining('step act') }
      : { message: expect.stringMatching(/^act#1 failed: .*fail/) };
    expect({ status, error }).toMatchObject({ status: 'FAILED', error: named });
    expect(calls.at(-1)?.input).toEqual({ name: 'undo' });
  });
});

test('what has failed before flow.continueAs fails the run, which does not go on', async () => {
  expect(await bed.run(droppingAndGoingOn, {}, { steps: [works()] })).toMatchObject({ status: 'FAILED', error: { message: 'act#1 failed: fail' } });
});

describe('no false alarm for', () => {
  test.each(manners.heard)('%s', async (what) => {
    const { status, output, calls } = await bed.run(dropping, { what }, { steps: [works()] });
    expect({ status, output }).toEqual({ status: 'SUCCEEDED', output: 'returned' });
    expect(calls.map(({ input }) => input)).not.toContainEqual({ name: 'undo' });
  });

  test('a run that flow.end has ended', async () => {
    expect((await bed.run(droppingAndEnding, {}, { steps: [works()] })).status).toBe('ROLLED_BACK');
  });
});
