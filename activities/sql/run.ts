import type * as z from 'zod';
import { type TableRef, ValidationError } from '../../sdk/index.js';
import { implement, type StepContext } from '../../sdk/node/index.js';
import type { Engine, Statement } from '../engines/engine.js';
import { withEngine } from '../engines/open-engine.js';
import { temporaryDays, temporaryTable } from '../engines/temporary-table.js';
import { withAliases } from './aliases.js';
import { sql } from './steps.js';

type Input = z.output<typeof sql.input>;

export default implement({ sql }, { sql: (input, context) => withEngine(context, input.on, (engine) => runSql(engine, input, context)) });

async function runSql(engine: Engine, input: Input, context: StepContext) {
  const statement = { text: input.statement, parameters: input.parameters };
  const work = () =>
    input.into === undefined
      ? answer(engine, statement, input)
      : keep(engine, statement, { connection: input.on, table: temporaryTable(input.into, context.key) });
  const output = await withAliases(engine, input.tables, context, work);
  return { ...output, cost: engine.cost };
}

type Output = z.input<typeof sql.output>;

async function answer(engine: Engine, statement: Statement, { on, limit }: Input): Promise<Output> {
  const { columns, rows, more, changed, engine: doneOn } = await engine.query(statement, limit);
  if (more) throw new ValidationError(`The statement gives more than ${limit} rows.`, { code: 'too_many_rows', where: on });
  return { ...(changed === undefined ? { rows, rowCount: rows.length, columns } : { rowCount: changed, columns: [] }), ...(doneOn && { engine: doneOn }) };
}

async function keep(engine: Engine, statement: Statement, table: TableRef): Promise<Output> {
  const written = await engine.replace(table.table, statement);
  await engine.prune(temporaryDays);
  return { rowCount: written.rows, bytes: written.bytes, columns: written.columns, table, ...(written.engine && { engine: written.engine }) };
}
