import { pipeline } from 'headrace';
import * as z from 'zod';
import { note, refuse } from './journal.js';

/** Bodies with mistakes that no type finds. */
export const mistakes = pipeline(
  'mistakes',
  {
    input: z.object({ name: z.string(), mistake: z.enum(['type_error', 'wrong_output', 'wrong_step_input', 'thrown_text', 'lost_promise']) }),
    output: z.object({ rows: z.number() }),
  },
  async (flow, { name, mistake }) => {
    flow.undo(() => note({ line: `${name} undone` }));
    await note({ line: `${name} done` });
    const nothing = undefined as unknown as { rows: number };
    if (mistake === 'type_error') return { rows: nothing.rows };
    if (mistake === 'wrong_output') return { rows: 'many' as unknown as number };
    if (mistake === 'wrong_step_input') await note({ line: 5 as unknown as string });
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- what libraries throw is not always an error
    if (mistake === 'thrown_text') throw 'only a text';
    if (mistake === 'lost_promise') void refuse({ why: 'Nobody waits for it.' });
    return { rows: 1 };
  },
);
