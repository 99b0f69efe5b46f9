import type { Column, Parameter } from './engine.js';

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
