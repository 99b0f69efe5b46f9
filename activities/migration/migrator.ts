import type { z } from 'zod';
import { HeadraceError } from '../../sdk/index.js';
import type { createBackup, Migration as Declared, restoreBackup, validateMigration } from './steps.js';

/** What a table holds: equal contents have equal checksums, in whatever order the rows lie. */
export interface Content {
  readonly rows: number;
  readonly bytes: number;
  readonly checksum: string;
}

/** What is to be applied, and to which table. */
export type Migration = Pick<Declared, 'table' | 'statements'>;
export type Backup = z.input<typeof createBackup.output>;
export type Planned = NonNullable<z.input<typeof validateMigration.output>['plan']>[number];
export type Restored = z.input<typeof restoreBackup.output>;

/** The parts of a migration that each engine does in its own way. */
export interface Migrator {
  /** What stands in the way of a backup that can be restored, in sentences. @throws ValidationError unknown_table */
  obstacles(table: string): Promise<string[]>;
  /**
   * Runs statements and takes them back; or plans them, where the engine has no transaction.
   *
   * @returns the plans
   * @throws ValidationError and what the engine answers
   */
  attempt(migration: Migration): Promise<Planned[]>;
  backUp(table: string, key: string): Promise<Omit<Backup, 'backup'> & { backup: string }>;
  /**
   * Runs statements unless the key says that they have been: in one transaction, or, where the engine has none, each of them once.
   *
   * @param backup the key of the backup that brings back what was before
   * @throws Refused outcome_unknown where nothing proves whether one of them was applied
   */
  apply(migration: Migration, key: string, backup: string): Promise<void>;
  /** Whether the statements have been applied. */
  applied(key: string): Promise<boolean>;
  restore(table: string, key: string): Promise<Restored>;
  content(table: string): Promise<Content>;
}

/** @throws HeadraceError where a table does not hold what it must; `what` names it, `where` its connection */
export function requireSame(expected: Content, found: Content, what: string, where: string, then = 'Nothing was changed.'): void {
  if (expected.rows === found.rows && expected.checksum === found.checksum) return;
  throw new HeadraceError(`${what} has ${found.rows} rows (${found.checksum}) where ${expected.rows} (${expected.checksum}) are expected. ${then}`, { where });
}
