import type { Cost } from '../../sdk/index.js';
import type { Dialect } from './dialect.js';
import type { DoneOn } from './done-on.js';

/** A value that is bound, never written into a statement's text. */
export type Parameter = string | number | boolean | null;

/** One statement. Parameters are `$1`, `$2` … of an array, or `$name` of an object. */
export interface Statement {
  readonly text: string;
  readonly parameters?: readonly Parameter[] | Readonly<Record<string, Parameter>> | undefined;
}

/** A column with its type in the engine's own words. */
export interface Column {
  readonly name: string;
  readonly type: string;
}

/** JSON-safe: dates and times are ISO strings, decimals strings, integers strings where a number would lose digits. */
export type Row = Record<string, unknown>;

/**
 * Rows that lie on this machine, as something that DuckDB can read: how they travel from one engine to another without passing through JavaScript.
 */
export interface LocalData {
  /** What stands after FROM in DuckDB's SQL. */
  readonly relation: string;
  /** What `$1`, `$2` … in the relation stand for. */
  readonly parameters?: readonly Parameter[];
  /** With DuckDB's types. */
  readonly columns: Column[];
  /** Removes what was written for the journey. */
  dispose(): Promise<void>;
}

/** What a statement gave. */
export interface Rows {
  readonly columns: Column[];
  readonly rows: Row[];
  /** Whether there are more rows than were asked for. */
  readonly more: boolean;
  /** Rows that the statement inserted, changed or deleted; undefined for a query. */
  readonly changed: number | undefined;
  readonly engine?: DoneOn;
}

/** A table that was written. */
export interface Written {
  readonly rows: number;
  readonly bytes: number;
  readonly columns: Column[];
  readonly engine?: DoneOn;
}

/**
 * An engine as one step sees it: opened for the step, cancelled by the step's signal, closed at its end.
 * An engine that is far away and asynchronous (Trino) submits inside these methods and polls there.
 * Every method throws ValidationError (bad_sql, unknown_column, unknown_table), PermissionDeniedError, SchemaConflictError, or something that is tried again.
 */
export interface Engine {
  /** The connection's name. */
  readonly connection: string;
  readonly dialect: Dialect;
  /** What all that was asked of it so far took, where the engine tells. */
  readonly cost?: Cost | undefined;
  /** Runs one statement and gives at most `limit` rows. */
  query(statement: Statement, limit: number): Promise<Rows>;
  /** The columns of a table, in order. @throws ValidationError unknown_table */
  columns(table: string): Promise<Column[]>;
  /** Lets statements of this engine call a table by another name. */
  alias(name: string, data: LocalData | string): Promise<void>;
  /** Makes a table of a query's rows. What had that name is replaced, in one step: a reader sees the old or the new. */
  replace(table: string, query: Statement): Promise<Written>;
  /** Makes a table of data that lies on this machine, in the same way. */
  receive(table: string, data: LocalData): Promise<Written>;
  /** Brings a query's or a table's rows to this machine, so that another engine can receive them. */
  localize(what: Statement | string): Promise<LocalData>;
  /** Drops run-scoped tables that are older than this. */
  prune(days: number): Promise<void>;
  close(): Promise<void>;
}
