import { implement, type StepContext } from 'headrace/node';
import { mutter, whisper } from './secretive.js';

function say({ text, fails }: { text: string; fails: number }, context: StepContext): { text: string } {
  context.heartbeat({ text });
  if (context.attempt <= fails) throw new RangeError(`${text} cannot be said`, { cause: new Error(`${text} below`) });
  return { text };
}

export const secretiveRun = implement(
  { whisper, mutter },
  {
    whisper: async (input, context) => ({ ...say(input, context), engine: { name: 'ear', id: input.text, link: `https://ear.example/${input.text}` } }),
    mutter: async (input, context) => say(input, context),
  },
);
