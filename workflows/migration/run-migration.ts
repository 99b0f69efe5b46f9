import { type Flow, ValidationError } from '../../sdk/index.js';
import type { SchemaMigrationResult } from './result.js';

/** What a validation found. */
export interface Validation {
  passed: boolean;
  /** In sentences. */
  problems: string[];
}

/** The stages of a schema migration. Each calls declared steps. */
export interface MigrationStages {
  validate: () => Promise<Validation>;
  /** A backup exists before anything is changed. */
  backup: () => Promise<unknown>;
  /** Brings back what the backup holds, and verifies that it is there. */
  restore: () => Promise<unknown>;
  apply: () => Promise<unknown>;
  validateAfter: () => Promise<Validation>;
}

/** Why a migration is rolled back. */
export const notPassed = 'The validation after the migration did not pass';

/**
 * Validates, backs up, applies and validates again: the body of schema_migration, for stages of one's own (SPEC §4).
 * A migration that fails is restored and FAILED; one whose validation afterwards does not pass is restored and ROLLED_BACK.
 *
 * @throws ValidationError when the validation before does not pass: nothing is changed then
 * @example
 * (flow, { ordersMigration, linesMigration }) => runMigration(flow, {
 *   validate: () => validateMigration(ordersMigration),
 *   backup: () => Promise.all([createBackup(orders), createBackup(lines)]),
 *   …
 * })
 */
export async function runMigration(flow: Flow, stages: MigrationStages): Promise<SchemaMigrationResult> {
  const before = await stages.validate();
  if (!before.passed) throw new ValidationError(`The migration cannot be applied: ${before.problems.join('; ')}`, { where: 'validate_migration' });
  flow.progress(0.2);
  await stages.backup();
  flow.undo(() => stages.restore());
  flow.progress(0.4);
  await stages.apply();
  flow.progress(0.8);
  const { passed, problems } = await stages.validateAfter();
  if (passed) return { status: 'COMPLETED', problems, duration: elapsed(flow) };
  const result = await flow.end('ROLLED_BACK', { status: 'ROLLED_BACK' as const, reason: notPassed, problems });
  return { ...result, duration: elapsed(flow) };
}

function elapsed({ run }: Flow): number {
  return Date.now() - Date.parse(run.startedAt);
}
