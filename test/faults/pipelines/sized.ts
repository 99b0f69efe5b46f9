import { approval, pipeline, step } from 'headrace';
import * as z from 'zod';

/** Gives a text of that many bytes. */
export const makeText = step('make_text', {
  input: z.object({ bytes: z.number(), text: z.string().default('') }),
  output: z.object({ text: z.string() }),
  retry: 'none',
});

export const textWanted = approval('text_wanted', { question: 'Which text?', answer: z.object({ text: z.string() }), within: '1 minute' });

export const takesText = pipeline('takes_text', { input: z.object({ text: z.string() }), output: z.number() }, async (_flow, { text }) => text.length);

/** Calls many steps, or children, at one moment. */
export const crowd = pipeline(
  'crowd',
  { input: z.object({ what: z.enum(['steps', 'children']), count: z.number(), bytes: z.number() }), output: z.number() },
  async (flow, { what, count, bytes }) => {
    const text = 'x'.repeat(bytes);
    const call = () => (what === 'steps' ? makeText({ bytes: 1, text }) : flow.runPipeline(takesText, { text }));
    return (await Promise.all(Array.from({ length: count }, call))).length;
  },
);

/** Takes, makes, gives and asks for texts of any size. */
export const sized = pipeline(
  'sized',
  {
    input: z.object({
      text: z.string().default(''),
      stepGives: z.number().default(0),
      gives: z.number().default(0),
      stepTakes: z.number().default(0),
      asks: z.boolean().default(false),
    }),
    output: z.object({ text: z.string() }),
    approvals: [textWanted],
  },
  async (flow, { stepGives, gives, stepTakes, asks }) => {
    if (asks) await flow.approve(textWanted);
    if (stepGives > 0) await makeText({ bytes: stepGives });
    if (stepTakes > 0) await makeText({ bytes: 1, text: 'x'.repeat(stepTakes) });
    return { text: 'x'.repeat(gives) };
  },
);
