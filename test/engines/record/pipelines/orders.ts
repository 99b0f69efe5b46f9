import { approval, pipeline } from 'headrace';
import * as z from 'zod';
import { breakDown, leftOut, undoWork, work } from './work.js';

const Rows = z.object({ rows: z.number() });
const Work = z.object({ milliseconds: z.number(), failures: z.number().default(0) });

/** Steps one after another. */
export const chain = pipeline('chain', { input: z.object({ works: z.array(Work) }), output: Rows }, async (flow, { works }) => {
  let rows = 0;
  for (const [index, each] of works.entries()) {
    rows += (await work(each)).rows;
    flow.log(`work ${index} is done`, { records: rows });
  }
  return { rows };
});

/** Steps at the same time, and one that is left out. */
export const fan = pipeline('fan', { input: z.object({ works: z.array(Work) }), output: Rows }, async (flow, { works }) => {
  flow.skip(leftOut, 'It is never wanted.');
  const all = await Promise.all(works.map((each) => work(each)));
  return { rows: all.reduce((sum, { rows }) => sum + rows, 0) };
});

export const goOn = approval('go_on', { question: 'Shall it go on?', within: '1 hour' });

/** Asks between two steps. */
export const asks = pipeline(
  'asks',
  { input: Work.extend({ within: z.number().default(3_600_000) }), output: Rows, approvals: [goOn] },
  async (flow, { within, ...each }) => {
    flow.undo(() => undoWork({ of: 1 }));
    const { rows } = await work(each);
    await flow.approve(goOn, { evidence: { rows }, within });
    return work(each);
  },
);

/** Fails after two steps, which are taken back. */
export const breaks = pipeline('breaks', { input: Work, output: Rows }, async (flow, each) => {
  for (const number of [1, 2]) {
    flow.undo(() => undoWork({ of: number }));
    await work(each);
  }
  await breakDown();
  return { rows: 0 };
});

/** Takes its step back and ends so. */
export const rollsBack = pipeline('rolls_back', { input: Work, output: z.object({ status: z.string() }) }, async (flow, each) => {
  flow.undo(() => undoWork({ of: 1 }));
  await work(each);
  return flow.end('ROLLED_BACK', { status: 'ROLLED_BACK' });
});

/** Runs another pipeline within. */
export const family = pipeline('family', { input: z.object({ works: z.array(Work) }), output: Rows }, async (flow, { works }) =>
  flow.runPipeline(chain, { works }),
);

/** Continues as new, round after round. */
export const rounds = pipeline(
  'rounds',
  { input: Work.extend({ left: z.number() }), output: z.object({ left: z.number() }) },
  async (flow, { left, ...each }) => {
    await work(each);
    return left > 0 ? flow.continueAs({ ...each, left: left - 1 }) : { left };
  },
);

/** Has no step at all. */
export const pure = pipeline('pure', { input: z.object({ number: z.number() }), output: Rows }, async (flow, { number }) => {
  flow.log('counted', { records: number });
  return { rows: number };
});

/** Its time is over before its second step is done. */
export const late = pipeline('late', { input: Work, output: Rows, maxDuration: '3 seconds' }, async (flow, each) => {
  flow.undo(() => undoWork({ of: 1 }));
  await work(each);
  return work({ milliseconds: 20_000 });
});
