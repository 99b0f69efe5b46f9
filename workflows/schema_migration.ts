import type * as z from 'zod';
import { applyMigration, createBackup, restoreBackup, validateMigration, validatePostMigration } from '../activities/migration/steps.js';
import { pipeline } from '../sdk/index.js';
import { SchemaMigrationResult } from './migration/result.js';
import { runMigration } from './migration/run-migration.js';

/** A migration's connection, table, statements and checks. A misspelt option is refused. */
export const SchemaMigrationInput = validateMigration.input.strict();

export type SchemaMigrationInput = z.output<typeof SchemaMigrationInput>;

/**
 * Changes a table's definition or content, with a backup that is restored when that fails or does not pass its checks (SPEC §4).
 *
 * @example
 * {
 *   connection: 'warehouse', table: 'flights', statements: ['ALTER TABLE flights ADD COLUMN late BOOLEAN', 'UPDATE flights SET late = delay > 15'],
 *   checksAfter: [{ check: 'not_null', column: 'late' }],
 * }
 */
export const schemaMigration = pipeline(
  'schema_migration',
  {
    description: 'Changes a table, with a backup that is restored when that fails.',
    input: SchemaMigrationInput,
    output: SchemaMigrationResult,
  },
  (flow, { tryStatements, ...migration }) => {
    const { connection, table } = migration;
    return runMigration(flow, {
      validate: () => validateMigration({ ...migration, tryStatements }),
      backup: () => createBackup({ connection, table }),
      restore: () => restoreBackup({ connection, table }),
      apply: () => applyMigration(migration),
      validateAfter: () => validatePostMigration(migration),
    });
  },
);
