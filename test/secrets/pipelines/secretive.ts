import { approval, pipeline, step } from 'headrace';
import * as z from 'zod';

const Text = z.object({ text: z.string() });
/** What the record reads of outputs by its name. */
const Worked = Text.extend({ engine: z.object({ name: z.string(), id: z.string(), link: z.string() }) });

/** Heartbeats its text, and fails with it as often as asked. */
export const whisper = step('whisper', {
  input: Text.extend({ fails: z.number().default(0) }),
  output: Worked,
  retry: { attempts: 2, firstWait: '50 ms', longestWait: '50 ms', backoff: 1 },
  timeout: '1 minute',
});
export const mutter = step('mutter', { input: Text.extend({ fails: z.number().default(0) }), output: Text, retry: 'none', timeout: '5 seconds', fast: true });
export const sayIt = approval('say_it', { question: 'Say it?', answer: Text, within: '1 hour' });

/** A child that carries the text in and out. */
export const confidant = pipeline('confidant', { input: Text, output: Text }, async (flow, { text }) => {
  flow.log(`heard ${text}`);
  const { text: said } = await whisper({ text });
  return { text: said };
});

/** Carries a text wherever a run can carry one. */
export const secretive = pipeline(
  'secretive',
  {
    input: Text.extend({ end: z.enum(['well', 'in a step', 'in a fast step', 'in the body']) }),
    output: Text.extend({ watermark: z.string() }),
    approvals: [sayIt],
    notifications: { failed: ({ error }) => whisper({ text: error?.message ?? '', fails: 9 }) },
  },
  async (flow, { text, end }) => {
    flow.log(`begins with ${text}`);
    flow.undo(() => whisper({ text, fails: 9 }));
    await whisper({ text, fails: 1 });
    await mutter({ text });
    flow.skip(whisper, `${text} is known`);
    const { answer } = await flow.approve(sayIt, { evidence: { text } });
    const { text: said } = await flow.runPipeline(confidant, { text: answer.text });
    if (end === 'in a step') await whisper({ text, fails: 9 });
    if (end === 'in a fast step') await mutter({ text, fails: 9 });
    if (end === 'in the body') throw new Error(`${text} ends it`, { cause: new Error(`${text} below`) });
    return { text: said, watermark: `up to ${said}` };
  },
);
