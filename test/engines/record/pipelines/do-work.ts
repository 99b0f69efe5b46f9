import { setTimeout as wait } from 'node:timers/promises';
import { implement } from 'headrace/node';
import { breakDown, leftOut, undoWork, work } from './work.js';

export const doWork = implement(
  { work, undoWork, breakDown, leftOut },
  {
    work: async ({ milliseconds, failures }, { attempt, signal }) => {
      await wait(milliseconds, undefined, { signal });
      if (attempt <= failures) throw new Error(`attempt ${attempt} fails`);
      return { rows: milliseconds };
    },
    undoWork: async () => {},
    breakDown: async () => {
      throw new Error('It breaks down.');
    },
    leftOut: async () => {},
  },
);
