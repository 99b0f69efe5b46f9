import { pipeline, TableRef } from 'headrace';
import { type Load, loadData, sql, undoLoad } from 'headrace/steps';
import * as z from 'zod';
import { goAhead } from './asking.js';
import { hold, note, refuse } from './journal.js';
import { quickly } from './quick.js';

const day = '2001-07-01';

const ChainInput = z.object({
  name: z.string(),
  tables: z.array(TableRef),
  /** Before the load of this index, or after the last one, it waits to be let go. */
  holdAt: z.number().int().optional(),
  /** The undo of the load of this index cannot be done. */
  undoFailsAt: z.number().int().optional(),
  fails: z.boolean().default(false),
});

type Flow = Parameters<Parameters<typeof pipeline>[2]>[0];

async function loadAll(flow: Flow, { name, tables, holdAt, undoFailsAt, fails }: z.output<typeof ChainInput>): Promise<{ loaded: number }> {
  const statement = 'SELECT CAST($day AS DATE) AS day, n AS id FROM range(10) t(n)';
  const made = await sql({ on: 'lake', statement, parameters: { day }, into: 'made' });
  for (const [index, into] of tables.entries()) {
    if (index === holdAt) await hold({ name });
    const load: Load = { load: `load-${index}`, from: made.table, into, mode: 'overwrite_partition', partitionBy: 'day', partition: day };
    flow.undo(async () => {
      if (index === undoFailsAt) await refuse({ why: 'It cannot be undone.' });
      await undoLoad(load, quickly.undoing);
      await note({ line: `${name} undid ${index}` });
    });
    await loadData(load, quickly.loading);
  }
  if (holdAt === tables.length) await hold({ name });
  if (fails) throw new TypeError('It fails after its loads.');
  return { loaded: tables.length };
}

/** Several loads, one after another, each with its undo. */
export const chain = pipeline('chain', { input: ChainInput, output: z.object({ loaded: z.number() }) }, loadAll);

/** The same, with a deadline that comes while it is held. */
export const hurriedChain = pipeline('hurried_chain', { input: ChainInput, output: z.object({ loaded: z.number() }), maxDuration: '20 seconds' }, loadAll);

/** The same, while people have time to agree; nobody does. */
export const askedChain = pipeline(
  'asked_chain',
  { input: ChainInput, output: z.object({ loaded: z.number() }), approvals: [goAhead] },
  async (flow, input) => (await Promise.all([loadAll(flow, input), flow.approve(goAhead, { within: '20 seconds' })]))[0],
);

/** Loads, and has a child load. */
export const parent = pipeline(
  'parent',
  { input: z.object({ own: ChainInput, childs: ChainInput }), output: z.object({ loaded: z.number() }) },
  async (flow, { own, childs }) => {
    const mine = await loadAll(flow, own);
    const { loaded } = await flow.runPipeline(chain, childs);
    return { loaded: mine.loaded + loaded };
  },
);
