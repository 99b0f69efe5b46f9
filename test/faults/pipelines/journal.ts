import { step } from 'headrace';
import * as z from 'zod';

/** Writes a line into the journal of the ground. */
export const note = step('note', { input: z.object({ line: z.string() }), timeout: '1 minute' });

/** Says that it begins, and works until it is cancelled, or until the file with its name and `.go` is there. */
export const hold = step('hold', { input: z.object({ name: z.string() }), retry: { preset: 'default', firstWait: '1 second' }, timeout: '10 minutes' });

/** Works for a time and writes each attempt that comes to its end into the journal. */
export const work = step('work', {
  input: z.object({ name: z.string(), milliseconds: z.number() }),
  output: z.object({ attempt: z.number() }),
  retry: { preset: 'default', firstWait: '1 second' },
});

/** Never comes through. */
export const refuse = step('refuse', { input: z.object({ why: z.string() }) });

/** Fails as often as asked, and then comes through. */
export const stumble = step('stumble', {
  input: z.object({ times: z.number() }),
  output: z.object({ attempt: z.number() }),
  retry: { attempts: 5, firstWait: '2 seconds', longestWait: '2 seconds', backoff: 1 },
  timeout: '1 minute',
});
