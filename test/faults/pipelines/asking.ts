import { approval, pipeline } from 'headrace';
import * as z from 'zod';

export const goAhead = approval('go_ahead', { question: 'Shall it go ahead?', answer: z.object({ who: z.number() }) });

/** Waits for an approval, and ends with it. */
export const asking = pipeline(
  'asking',
  { input: z.object({ milliseconds: z.number() }), output: z.object({ who: z.number() }), approvals: [goAhead] },
  async (flow, { milliseconds }) => (await flow.approve(goAhead, { within: milliseconds })).answer,
);
