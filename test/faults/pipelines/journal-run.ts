import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { Refused } from 'headrace';
import { implement } from 'headrace/node';
import { hold, note, refuse, stumble, work } from './journal.js';
import { makeText } from './sized.js';

const journal = process.env.HEADRACE_JOURNAL ?? '';
const write = (line: string) => appendFileSync(journal, `${line}\n`);

export const journalRun = implement(
  { note, hold, work, refuse, stumble, makeText },
  {
    note: async ({ line }) => write(line),
    hold: async ({ name }, { signal, log }) => {
      log.info(`holding ${name}`);
      write(`holds ${name}`);
      while (!existsSync(`${journal}.${name}.go`)) await wait(20, undefined, { signal });
      write(`lets go ${name}`);
    },
    work: async ({ name, milliseconds }, { signal, attempt }) => {
      await wait(milliseconds, undefined, { signal });
      write(`done ${name}`);
      return { attempt };
    },
    makeText: async ({ bytes }) => ({ text: 'x'.repeat(bytes) }),
    stumble: async ({ times }, { attempt }) => {
      if (attempt <= times) throw new RangeError(`It stumbles in attempt ${attempt}.`);
      return { attempt };
    },
    refuse: async ({ why }) => {
      throw new Refused(why);
    },
  },
);
