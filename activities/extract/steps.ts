import * as z from 'zod';
import { Cost, step, TableRef } from '../../sdk/index.js';
import { Condition } from '../engines/condition.js';
import { DoneOn } from '../engines/done-on.js';
import { HttpSource } from '../http/source.js';
import { TopicSource } from '../kafka/source.js';

const Parameter = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** Files of a `files` connection. */
const FileSource = z.strictObject({
  files: z.string().min(1),
  /** Below the connection's folder; `*` stands for any name. */
  path: z.string().min(1),
  /** Taken from the name's ending unless given. */
  format: z.enum(['parquet', 'csv', 'json']).optional(),
  /** Types of columns of CSV and JSON that are not to be guessed, in DuckDB's words, such as `{ zip: 'VARCHAR' }`. */
  types: z.record(z.string(), z.string().regex(/^[A-Za-z][A-Za-z0-9_ ]*(\(\d+(, ?\d+)?\))?(\[\])?$/, "a type such as 'VARCHAR' or 'DECIMAL(10,2)'")).optional(),
});

const TableSource = z.strictObject({ table: TableRef });

const SqlSource = z.strictObject({
  on: z.string().min(1),
  statement: z.string().min(1),
  parameters: z.union([z.array(Parameter), z.record(z.string().regex(/^\w+$/), Parameter)]).optional(),
});

/** Where rows come from: files, a table, an SQL query, an HTTP API, or a Kafka topic. */
export const Source = z.union(
  [
    FileSource,
    TableSource,
    SqlSource,
    z.strictObject({ http: HttpSource, types: FileSource.shape.types }),
    TopicSource.extend({ types: FileSource.shape.types }),
  ],
  'give { files, path }, { table }, { on, statement }, { http } or { kafka, topic }',
);

export type Source = z.output<typeof Source>;

/**
 * Copies rows from a source into a table of this run, and gives a reference to it.
 *
 * @throws ValidationError unknown_table, unknown_column or bad_sql; HeadraceError unreadable_file
 * @example
 * const raw = await extractData({
 *   from: { files: 'vega', path: 'flights-3m.parquet' },
 *   where: [{ column: 'date', op: '>=', value: day }, { column: 'date', op: '<', value: nextDay }],
 *   into: 'lake',
 * });
 */
export const extractData = step('extract_data', {
  description: 'Copies rows from a source into a table of this run.',
  input: z
    .strictObject({
      from: Source,
      /** The connection that gets the table. */
      into: z.string().min(1),
      /** Conditions that must all hold. */
      where: z.array(Condition).default([]),
      /** The columns to keep; all unless given. */
      select: z.array(z.string().min(1)).min(1).optional(),
    })
    .refine(
      (it) => !('on' in it.from) || (it.where.length === 0 && it.select === undefined),
      'a statement says by itself which rows and columns it takes: leave out where and select',
    ),
  output: z.object({
    table: TableRef,
    rows: z.number(),
    bytes: z.number(),
    columns: z.array(z.object({ name: z.string(), type: z.string() })),
    /** Where the next extraction of a topic begins. */
    watermark: z.string().optional(),
    engine: DoneOn.optional(),
    /** What it took where the rows came from and where they went, on engines that tell. */
    cost: Cost.optional(),
  }),
  retry: 'extraction',
  timeout: '1 hour',
});
