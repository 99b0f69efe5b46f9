import type * as z from 'zod';
import type { AnyStep } from '../../sdk/authoring/step.js';
import type { Implementations, StepContext, Work } from '../../sdk/node/index.js';
import load from '../load/run.js';
import { loadData } from '../load/steps.js';
import sqlRun from '../sql/run.js';
import { sql } from '../sql/steps.js';
import type { Partition } from './partition.js';
import type { PartitionQuery } from './query.js';
import type { processPartition } from './steps.js';

type Input = z.output<typeof processPartition.input>;

/** Runs the query into a table of the run, and loads that: the work of sql and of load_data, within one step. */
export async function runPartition({ partition, commitKey, query }: Input, context: StepContext): Promise<z.input<typeof processPartition.output>> {
  const { on, statement, tables, into, partitionBy } = query;
  const kept = await workOf(sqlRun, sql)({ on, statement, tables, parameters: bind(query, partition), into: 'partition', limit: 1 }, context);
  const from = kept.table;
  if (from === undefined) throw new Error('The query kept no table.');
  // The backfill may do this partition in another run of it than the one that began it: the load is known by the partition, not by the run.
  const once = { ...context, workflowId: commitKey, runId: 'partition' };
  const { rows, bytes } = await workOf(load, loadData)(
    { load: 'partition', mode: 'overwrite_partition', from, into, partitionBy, partition: partition.key },
    once,
  );
  return { rows, bytes, cost: kept.cost };
}

/** The query's own parameters, and what it uses of the partition: an engine refuses a parameter that the statement does not have. */
function bind({ statement, parameters }: PartitionQuery, { key, start, end }: Partition): PartitionQuery['parameters'] {
  const used = Object.entries({ key, start, end }).filter(([name]) => new RegExp(`\\$${name}\\b`).test(statement));
  return { ...parameters, ...Object.fromEntries(used) };
}

function workOf<S extends AnyStep>({ implementations }: Implementations, step: S): Work<S> {
  const found = implementations.find((implementation) => implementation.step === step);
  if (found === undefined) throw new Error(`There is no work for ${step.id}.`);
  return found.work as Work<S>;
}
