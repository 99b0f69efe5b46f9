import { HeadraceError, PermissionDeniedError, SchemaConflictError, ValidationError } from '../../../sdk/index.js';
import { workFailed } from '../../outside/work-failed.js';
import type { FailureInfo, StatementError } from './page.js';

/** A statement that Trino ended badly, in Trino's own words: the cause of the error that a step throws. */
export class TrinoFailure extends Error {
  override readonly name = 'TrinoFailure';

  constructor(
    readonly errorName: string,
    readonly errorType: string,
    message: string,
    readonly query: string,
  ) {
    super(message);
  }
}

const codes: Record<string, 'unknown_table' | 'unknown_column' | 'validation_failed'> = {
  TABLE_NOT_FOUND: 'unknown_table',
  SCHEMA_NOT_FOUND: 'unknown_table',
  CATALOG_NOT_FOUND: 'unknown_table',
  MISSING_CATALOG_NAME: 'unknown_table',
  MISSING_SCHEMA_NAME: 'unknown_table',
  COLUMN_NOT_FOUND: 'unknown_column',
  INVALID_CAST_ARGUMENT: 'validation_failed',
  INVALID_FUNCTION_ARGUMENT: 'validation_failed',
  INVALID_ARGUMENTS: 'validation_failed',
  DIVISION_BY_ZERO: 'validation_failed',
  NUMERIC_VALUE_OUT_OF_RANGE: 'validation_failed',
  SUBQUERY_MULTIPLE_ROWS: 'validation_failed',
  TABLE_ALREADY_EXISTS: 'validation_failed',
  SCHEMA_ALREADY_EXISTS: 'validation_failed',
  ALREADY_EXISTS: 'validation_failed',
};

const schemaConflicts = new Set(['CONSTRAINT_VIOLATION', 'COLUMN_ALREADY_EXISTS', 'MERGE_TARGET_ROW_MULTIPLE_MATCHES', 'COLUMN_TYPE_UNKNOWN']);
const doNotFit = /mismatched column types|do not match|UPDATE table column types/i;

/** What a failed statement means for the step: refused, or tried again. */
export function translateFailure(error: StatementError, query: string, connection: string): HeadraceError {
  const { errorName, errorType, message } = error;
  const cause = new TrinoFailure(errorName, errorType, message, query);
  const options = { where: connection, cause };
  if (isPathTooLong(error.failureInfo)) return pathTooLong(errorName, message, options);
  if (errorName === 'PERMISSION_DENIED') return new PermissionDeniedError(message, options);
  if (errorType !== 'USER_ERROR' || /^USER_CANCEL/.test(errorName)) return workFailed('Trino', connection, `${errorName}: ${message}`, cause);
  if (schemaConflicts.has(errorName) || (errorName === 'TYPE_MISMATCH' && doNotFit.test(message))) return new SchemaConflictError(message, options);
  return new ValidationError(message, { ...options, code: codes[errorName] ?? 'bad_sql' });
}

/** As file systems and object stores say it, beneath what Trino says. */
const tooLong = /file ?name too long|KeyTooLong|key is too long/i;

function isPathTooLong(failure: FailureInfo | undefined): boolean {
  return failure !== undefined && (tooLong.test(failure.message ?? '') || isPathTooLong(failure.cause));
}

function pathTooLong(errorName: string, message: string, options: { where: string; cause: Error }): ValidationError {
  return new ValidationError(`Trino: ${errorName}: ${message}. A path in the store would be too long: the values that a table is partitioned by stand in it.`, {
    ...options,
    fix: "Partition by less of the value, such as `partitioning: ['truncate(name, 32)']` or `bucket(name, 16)`, or by another column.",
  });
}

/** Trino's name of the error behind one of ours, such as SCHEMA_NOT_FOUND. */
export function failureName(error: unknown): string | undefined {
  return error instanceof HeadraceError && error.cause instanceof TrinoFailure ? error.cause.errorName : undefined;
}
