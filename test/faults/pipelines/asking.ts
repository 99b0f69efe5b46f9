import { approval, pipeline } from 'headrace';
import * as z from 'zod';

export const goAhead = approval('go_ahead', { question: 'Shall it go ahead?', answer: z.object({ who: z.number() }) });

/** Waits for an approval, and ends with it. */
export const asking = pipeline(
  'asking',
  { input: z.object({ milliseconds: z.number() }), output: z.object({ who: z.number() }), approvals: [goAhead] },
  async (flow, { milliseconds }) => (await flow.approve(goAhead, { within: milliseconds })).answer,
);

export const both = approval('both', { question: 'Do you both agree?', roles: ['finance', 'controlling'], required: 2 });

/** Waits for two people. */
export const askingTwo = pipeline(
  'asking_two',
  { input: z.object({}), output: z.object({ agreed: z.array(z.string()) }), approvals: [both] },
  async (flow) => ({ agreed: (await flow.approve(both)).all.map(({ by }) => by ?? '') }),
);
