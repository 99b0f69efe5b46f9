/** How an engine writes what its SQL has its own words for. Everything that it is given is either quoted here or bound. */
export interface Dialect {
  /** A quoted name. */
  identifier(name: string): string;
  /** A quoted table name, with its schema where it has one. */
  table(name: string): string;
  /** A bound parameter, cast to a type of the engine. */
  parameter(index: number, type: string): string;
  /** Whether a text expression has a match of a regular expression. */
  matches(text: string, pattern: string): string;
  /** Whether a column is NaN, or undefined for one of a type that has none. */
  notANumber(column: string, type: string): string | undefined;
  /** Whether a text expression can be read as a type. */
  readable(text: string, type: ReadableType): string;
  /** The engine's name of a type of a few that checks and loads need. */
  readonly types: { text: string; number: string; timestamp: string };
}

/** The types that a `type` check knows. */
export type ReadableType = 'integer' | 'number' | 'boolean' | 'date' | 'timestamp' | 'uuid';

/** Doubles the quotes: the only way out of a quoted name is closed. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text literal, for the few places where an engine takes no parameter (file names, settings). */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
