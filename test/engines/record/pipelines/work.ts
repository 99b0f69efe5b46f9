import { step } from 'headrace';
import * as z from 'zod';

const quickly = { attempts: 5, firstWait: '300 ms', longestWait: '2 seconds', backoff: 2 } as const;

/** Works for a time; its first attempts fail where that is asked for. */
export const work = step('work', {
  input: z.object({ milliseconds: z.number(), failures: z.number().default(0) }),
  output: z.object({ rows: z.number() }),
  retry: quickly,
  timeout: '1 minute',
});

/** Takes work back. */
export const undoWork = step('undo_work', { input: z.object({ of: z.number() }), retry: quickly, timeout: '1 minute' });

/** Never comes through. */
export const breakDown = step('break_down', { retry: { ...quickly, attempts: 2 }, timeout: '1 minute' });

/** Is never called. */
export const leftOut = step('left_out', {});
