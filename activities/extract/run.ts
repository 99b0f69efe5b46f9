import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as z from 'zod';
import type { Cost } from '../../sdk/index.js';
import { implement, type StepContext } from '../../sdk/node/index.js';
import type { Engine, Statement, Written } from '../engines/engine.js';
import { withEngine } from '../engines/open-engine.js';
import { temporaryDays, temporaryTable } from '../engines/temporary-table.js';
import { Bindings, compileSelect, compileWhere } from '../engines/where.js';
import { fetchPages } from '../http/fetch-pages.js';
import { sumCosts } from '../outside/sum-costs.js';
import { filterLocally } from './filter-locally.js';
import { fileRelation, sourcePath } from './source-files.js';
import { extractData } from './steps.js';
import { withTopic } from './topic.js';

type Input = z.output<typeof extractData.input>;

export default implement({ extractData }, { extractData: (input, context) => withEngine(context, input.into, (target) => extract(target, input, context)) });

async function extract(target: Engine, input: Input, context: StepContext) {
  const table = temporaryTable('extract', context.key);
  const written = await write(target, table, input, context);
  context.heartbeat({ rows: written.rows });
  await target.prune(temporaryDays);
  return { table: { connection: input.into, table }, ...written, cost: sumCosts([written.cost, target.cost]) };
}

/** @returns with the cost at a source that is another engine */
async function write(
  target: Engine,
  table: string,
  input: Input,
  context: StepContext,
): Promise<Written & { cost?: Cost | undefined; watermark?: string | undefined }> {
  const { from } = input;
  if ('files' in from)
    return receiveFile(target, table, fileRelation(await sourcePath(context, from.files, from.path), from.format, from.types), input, context);
  if ('http' in from) return receiveHttp(target, table, from, input, context);
  if ('kafka' in from) return withTopic(from, context, (relation) => receiveFile(target, table, relation, input, context));
  const source = 'on' in from ? from.on : from.table.connection;
  if (source === target.connection) return target.replace(table, await narrow(target, input));
  return withEngine(context, source, async (engine) => {
    const data = await engine.localize(await narrow(engine, input));
    const written = await target.receive(table, data).finally(() => data.dispose());
    return { ...written, cost: engine.cost };
  });
}

async function receiveFile(target: Engine, table: string, relation: string, { where, select }: Input, context: StepContext) {
  return target.receive(table, await filterLocally(relation, where, select, context.signal));
}

async function receiveHttp(target: Engine, table: string, from: Extract<Input['from'], { http: unknown }>, input: Input, context: StepContext) {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-'));
  try {
    const file = join(folder, 'records.jsonl');
    await fetchPages(from.http, file, context);
    return await receiveFile(target, table, fileRelation(file, 'json', from.types), input, context);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The rows of a source inside an engine that are asked for. A statement of one's own says by itself what it takes. */
async function narrow(engine: Engine, { from, where, select }: Input): Promise<Statement> {
  if ('on' in from && where.length === 0 && select === undefined) return { text: from.statement, parameters: from.parameters };
  if (!('table' in from)) throw new TypeError('unreachable: the schema refuses where and select beside a statement');
  const columns = await engine.columns(from.table.table);
  const bindings = new Bindings(engine.dialect);
  const selected = compileSelect(select, columns, from.table.table, engine.dialect);
  const text = `SELECT ${selected} FROM ${engine.dialect.table(from.table.table)}${compileWhere(where, columns, from.table.table, bindings, engine.dialect)}`;
  return { text, parameters: bindings.values };
}
