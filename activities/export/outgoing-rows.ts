import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as z from 'zod';
import type { StepContext } from '../../sdk/node/index.js';
import { quoteLiteral } from '../engines/dialect.js';
import { duckDbDialect } from '../engines/duckdb/dialect.js';
import { ownLimits, sharedInstance } from '../engines/duckdb/instances.js';
import { DuckDbSession } from '../engines/duckdb/session.js';
import type { Column, LocalData, Rows, Statement } from '../engines/engine.js';
import { withEngine } from '../engines/open-engine.js';
import { compileSelect, findColumn } from '../engines/where.js';
import { inlineRelation } from './inline-rows.js';
import type { exportData } from './steps.js';
import type { FileFormat } from './target.js';

type Input = Pick<z.output<typeof exportData.input>, 'from' | 'select' | 'orderBy'>;

const copyOptions: Record<FileFormat, string> = {
  csv: 'FORMAT csv, HEADER',
  json: 'FORMAT json, ARRAY true',
  jsonl: 'FORMAT json',
  parquet: 'FORMAT parquet, COMPRESSION zstd',
};

/** The rows in the order that was asked for, or in one that is the same in every attempt: by every column behind that. */
type Order = 'asked' | 'steady';
/** For JSON, which has no NaN and no infinity, these are NULL. */
type Queries = Readonly<Record<Order | `${Order}AsJson`, Statement>>;

/** The rows of an export, on this machine: columns chosen and in order. They pass through JavaScript only where a target asks for some of them. */
export class OutgoingRows {
  constructor(
    private readonly session: DuckDbSession,
    /** What stands after FROM. */
    private readonly data: LocalData,
    private readonly queries: Queries,
    /** A folder that is removed at the step's end. */
    readonly folder: string,
  ) {}

  /** The first rows. */
  first(limit: number): Promise<Rows> {
    return this.session.query(this.queries.asked, limit);
  }

  async count(): Promise<number> {
    const [row] = await this.session.rows<{ count: number | string }>(`SELECT count(*) AS count FROM ${this.data.relation}`, this.data.parameters);
    return Number(row?.count ?? 0);
  }

  /** Writes all rows into a new file. */
  async write(file: string, format: FileFormat, order: Order = 'asked'): Promise<{ rows: number; bytes: number }> {
    const { text, parameters } = this.queries[format.startsWith('json') ? (`${order}AsJson` as const) : order];
    const { changed } = await this.session.query({ text: `COPY (${text}) TO ${quoteLiteral(file)} (${copyOptions[format]})`, parameters }, 1);
    return { rows: changed ?? 0, bytes: (await stat(file)).size };
  }

  /** The rows as another engine receives them. */
  async asLocalData(): Promise<LocalData> {
    return {
      relation: `(${this.queries.asked.text})`,
      ...(this.data.parameters && { parameters: this.data.parameters }),
      columns: await this.session.describe(this.queries.asked),
      dispose: async () => undefined,
    };
  }
}

/** Brings the rows of an export to this machine for the length of a piece of work. */
export async function withRows<Result>(input: Input, context: StepContext, work: (rows: OutgoingRows) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-export-'));
  try {
    const { from } = input;
    if ('rows' in from) {
      const file = join(folder, 'rows.json');
      await writeFile(file, JSON.stringify(from.rows));
      return await withSession(input, { relation: inlineRelation(file, from.rows), columns: [], dispose: async () => undefined }, folder, context, work);
    }
    return await withEngine(context, from.connection, async (engine) => {
      const data = await engine.localize(from.table);
      return withSession(input, data, folder, context, work).finally(() => data.dispose());
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function withSession<Result>(
  input: Input,
  data: LocalData,
  folder: string,
  context: StepContext,
  work: (rows: OutgoingRows) => Promise<Result>,
): Promise<Result> {
  const session = await DuckDbSession.open(await sharedInstance('files', ownLimits), 'export', context.signal);
  try {
    return await work(new OutgoingRows(session, data, await compile(input, data, session), folder));
  } finally {
    session.close();
  }
}

async function compile({ from, select, orderBy }: Input, data: LocalData, session: DuckDbSession): Promise<Queries> {
  const { parameters } = data;
  const columns = await session.describe({ text: `FROM ${data.relation}`, parameters });
  const name = 'rows' in from ? 'The rows' : from.table;
  const selected = compileSelect(select, columns, name, duckDbDialect);
  const asked = orderBy.map(
    ({ column, descending }) => `${duckDbDialect.identifier(findColumn(columns, column, name).name)} ${descending ? 'DESC' : 'ASC'} NULLS LAST`,
  );
  const steady = [...asked, ...(select ?? columns.map((column) => column.name)).map((column) => duckDbDialect.identifier(column))];
  const ordered = (relation: string, order: string[]) => ({
    text: `SELECT ${selected} FROM ${relation}${order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`}`,
    parameters,
  });
  const asJson = finite(data.relation, columns);
  return {
    asked: ordered(data.relation, asked),
    steady: ordered(data.relation, steady),
    askedAsJson: ordered(asJson, asked),
    steadyAsJson: ordered(asJson, steady),
  };
}

function finite(relation: string, columns: readonly Column[]): string {
  const floats = columns.filter(({ type }) => type === 'FLOAT' || type === 'DOUBLE').map(({ name }) => duckDbDialect.identifier(name));
  const replaced = floats.map((column) => `CASE WHEN isfinite(${column}) THEN ${column} END AS ${column}`);
  return replaced.length === 0 ? relation : `(SELECT * REPLACE (${replaced.join(', ')}) FROM ${relation})`;
}
