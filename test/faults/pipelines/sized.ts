import { approval, pipeline, step } from 'headrace';
import * as z from 'zod';

/** Gives a text of that many bytes. */
export const makeText = step('make_text', {
  input: z.object({ bytes: z.number(), text: z.string().default('') }),
  output: z.object({ text: z.string() }),
  retry: 'none',
});

export const textWanted = approval('text_wanted', { question: 'Which text?', answer: z.object({ text: z.string() }), within: '1 minute' });

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
