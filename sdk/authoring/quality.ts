import * as z from 'zod';
import { type Duration, toMilliseconds } from './duration.js';
import { TableRef } from './table-ref.js';

/** How bad it is when a check fails. */
export const Severity = z.enum(['info', 'warning', 'critical']);

/** `info`, `warning` or `critical`. */
export type Severity = z.output<typeof Severity>;

const Column = z.string().min(1);
const Value = z.union([z.string(), z.number(), z.boolean()]);
const Bound = z.union([z.string(), z.number()]);

const common = {
  /** What the check is called in the results; made of its rule unless given. */
  name: z.string().min(1).optional(),
  /** Its share of the score, beside the other checks' weights. */
  weight: z.number().positive().default(1),
  severity: Severity.default('warning'),
};
/** Checks of single rows: the share of rows, from 0 to 1, that may fail. */
const rows = { ...common, tolerance: z.number().min(0).max(1).default(0) };

/** A rule that a table's rows must keep. Write it with `checks`. */
export const Check = z.discriminatedUnion('check', [
  z.strictObject({ check: z.literal('row_count'), min: z.number().int().min(0).optional(), max: z.number().int().min(0).optional(), ...common }),
  z.strictObject({ check: z.literal('not_null'), column: Column, ...rows }),
  z.strictObject({ check: z.literal('unique'), columns: z.array(Column).min(1), ...rows }),
  z.strictObject({ check: z.literal('accepted_values'), column: Column, values: z.array(Value).min(1).max(10_000), ...rows }),
  z.strictObject({ check: z.literal('range'), column: Column, min: Bound.optional(), max: Bound.optional(), ...rows }),
  z.strictObject({ check: z.literal('pattern'), column: Column, pattern: z.string().min(1), ...rows }),
  z.strictObject({ check: z.literal('type'), column: Column, type: z.enum(['integer', 'number', 'boolean', 'date', 'timestamp', 'uuid']), ...rows }),
  z.strictObject({ check: z.literal('references'), column: Column, table: TableRef, key: Column, ...rows }),
  z.strictObject({
    check: z.literal('freshness'),
    column: Column,
    within: z.number().positive(),
    asOf: z.iso.datetime({ offset: true }).optional(),
    ...common,
  }),
  z.strictObject({
    check: z.literal('volume'),
    of: TableRef,
    partitionBy: Column,
    partition: Bound,
    sum: Column.optional(),
    last: z.number().int().min(1).max(1_000).default(14),
    least: z.number().int().min(1).default(3),
    tolerance: z.number().min(0).default(0.5),
    ...common,
  }),
  z.strictObject({ check: z.literal('sql'), statement: z.string().min(1), ...common }),
]);

/** A check with its weight and severity. */
export type Check = z.output<typeof Check>;
/** A check as an author writes it. */
export type CheckInput = z.input<typeof Check>;

type Options<Kind extends CheckInput['check']> = Omit<
  Extract<CheckInput, { check: Kind }>,
  'check' | 'column' | 'columns' | 'table' | 'key' | 'of' | 'within' | 'statement' | 'values' | 'pattern' | 'type'
>;

/**
 * The quality checks. NULL passes every check but notNull; a table without rows passes every check but rowCount, freshness and volume.
 *
 * @example
 * const flightChecks = [
 *   checks.rowCount({ min: 1_000, severity: 'critical' }),
 *   checks.notNull('origin', { weight: 2 }),
 *   checks.range('delay', { min: -120, max: 2_000, tolerance: 0.01 }),
 * ];
 */
export const checks = {
  /** The number of rows. */
  rowCount: (options: Options<'row_count'>): CheckInput => ({ check: 'row_count', ...options }),
  /** No row has NULL in the column. */
  notNull: (column: string, options: Options<'not_null'> = {}): CheckInput => ({ check: 'not_null', column, ...options }),
  /** No two rows have the same values in the columns; rows with a NULL among them do not count. */
  unique: (columns: string | string[], options: Options<'unique'> = {}): CheckInput => ({
    check: 'unique',
    columns: typeof columns === 'string' ? [columns] : columns,
    ...options,
  }),
  /** Every value is one of these. */
  acceptedValues: (column: string, values: (string | number | boolean)[], options: Options<'accepted_values'> = {}): CheckInput => ({
    check: 'accepted_values',
    column,
    values,
    ...options,
  }),
  /** Every value lies between min and max, both included; dates are ISO strings. */
  range: (column: string, options: Options<'range'>): CheckInput => ({ check: 'range', column, ...options }),
  /** Every value has a match of the regular expression, in the engine's own flavour: begin with ^ and end with $ to match the whole. */
  pattern: (column: string, pattern: string, options: Options<'pattern'> = {}): CheckInput => ({ check: 'pattern', column, pattern, ...options }),
  /** Every value, as text, can be read as the type. */
  type: (column: string, type: Extract<CheckInput, { check: 'type' }>['type'], options: Options<'type'> = {}): CheckInput => ({
    check: 'type',
    column,
    type,
    ...options,
  }),
  /** Every value is there in the key column of another table. */
  references: (column: string, table: TableRef, key: string, options: Options<'references'> = {}): CheckInput => ({
    check: 'references',
    column,
    table,
    key,
    ...options,
  }),
  /** The latest value is not older than this, seen from `asOf` (now unless given). A time without a zone is UTC. */
  freshness: (column: string, { within, ...options }: Options<'freshness'> & { within: Duration }): CheckInput => ({
    check: 'freshness',
    column,
    within: toMilliseconds(within),
    ...options,
  }),
  /**
   * The number of rows is not further from the median of the table's own last partitions before this one than the tolerance, 0.5 for half unless given.
   * `sum` adds up a column of theirs where a row of the table stands for several of these. With fewer than `least` (3) of them it passes, with a note.
   */
  volume: (of: TableRef, options: Options<'volume'>): CheckInput => ({ check: 'volume', of, ...options }),
  /** The query, in which the table is called `checked`, gives no row: it selects what is wrong. */
  sql: (name: string, statement: string, options: Omit<Options<'sql'>, 'name'> = {}): CheckInput => ({ check: 'sql', name, statement, ...options }),
};
