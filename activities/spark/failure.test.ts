import { expect, test } from 'vitest';
import { failureOf } from './failure.js';

test.each([
  ['PermissionDeniedError', 'permission_denied', 'org.apache.hadoop.security.AccessControlException: Permission denied: user=etl, access=WRITE'],
  ['PermissionDeniedError', 'permission_denied', 'AmazonS3Exception: Access Denied (Service: Amazon S3; Status Code: 403)'],
  [
    'SchemaConflictError',
    'schema_conflict',
    'AnalysisException: [INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST] Cannot write incompatible data. SQLSTATE: KD000',
  ],
  ['SchemaConflictError', 'schema_conflict', 'AnalysisException: [INSERT_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS] Cannot write. SQLSTATE: 21S01'],
  ['ValidationError', 'validation_failed', 'AnalysisException: [UNRESOLVED_COLUMN.WITH_SUGGESTION] A column cannot be resolved. SQLSTATE: 42703'],
  ['ValidationError', 'validation_failed', 'SparkArithmeticException: [DIVIDE_BY_ZERO] Division by zero. SQLSTATE: 22012'],
  ['ValidationError', 'validation_failed', "python3: can't open file '/jobs/daily.py': [Errno 2] No such file or directory"],
  ['HeadraceError', 'work_failed', 'java.lang.OutOfMemoryError: Java heap space'],
  [
    'HeadraceError',
    'work_failed',
    'org.apache.spark.SparkException: Job aborted due to stage failure: ExecutorLostFailure (executor 3 exited caused by one of the running tasks)',
  ],
])('%s: %s, by what Spark says: %s', (name, code, said) => {
  expect(failureOf('spark', said, 'the driver ended FAILED')).toMatchObject({ name, code, where: 'spark', message: expect.stringContaining(said) });
});

test('of a log, the reason is told, and not what Spark logs of its end', () => {
  const log = [
    '26/11/21 21:15:43 INFO SecurityManager: Changing view acls to: root',
    'Exception in thread "main" java.lang.IllegalStateException: no such day',
    '\tat Daily.main(Daily.java:7)',
    '26/11/21 21:16:07 INFO ShutdownHookManager: Shutdown hook called',
  ].join('\n');
  expect(failureOf('spark', log, 'the driver ended FAILED').message).toBe(
    'Spark: the driver ended FAILED\nException in thread "main" java.lang.IllegalStateException: no such day',
  );
});
