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

test.each([
  [
    'a shuffle file that a lost node took along',
    'org.apache.spark.SparkException: Job aborted due to stage failure: ResultStage 4 has failed the maximum allowable number of times: 4. Most recent failure reason: org.apache.spark.shuffle.FetchFailedException\nCaused by: java.nio.file.NoSuchFileException: /tmp/blockmgr-1/0c/shuffle_0_12_0.index',
  ],
  [
    'what Spark only warned of before',
    '26/11/20 10:00:00 WARN FileSystem: Cannot load filesystem: java.lang.ClassNotFoundException: org.x.Optional\nException in thread "main" java.lang.IllegalStateException: the lock is held',
  ],
  [
    'what a job caught and printed before',
    "Traceback (most recent call last):\nFileNotFoundError: [Errno 2] No such file or directory: 'cache'\nbegins without it\nTraceback (most recent call last):\nRuntimeError: the source is away",
  ],
])('is tried again, although a final error is named: %s', (_, said) => {
  expect(failureOf('spark', said, 'the driver ended FAILED')).toMatchObject({ name: 'HeadraceError', code: 'work_failed' });
});

test('what a job refuses is final, whatever else it prints', () => {
  const said = 'headrace: refused: no such day\nTraceback (most recent call last):\nSystemExit: 1';
  expect(failureOf('spark', said, 'the driver ended FAILED')).toMatchObject({ name: 'ValidationError' });
});
