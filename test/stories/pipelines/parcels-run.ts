import { setTimeout as wait } from 'node:timers/promises';
import { implement } from 'headrace/node';
import { wrap } from './parcels.js';

export default implement(
  { wrap },
  {
    wrap: async ({ ms, fails }, { attempt, signal }) => {
      await wait(ms, undefined, { signal });
      if (attempt <= fails) throw new RangeError(`attempt ${attempt} failed`);
      return { rows: 3 };
    },
  },
);
