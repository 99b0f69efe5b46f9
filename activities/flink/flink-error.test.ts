import { expect, test } from 'vitest';
import { flinkError } from './flink-error.js';

/** As Flink tells of a program whose main method failed. */
const inMain = (cause: string) =>
  `org.apache.flink.util.FlinkRuntimeException: Could not execute application.
\tat org.apache.flink.client.deployment.application.DetachedApplicationRunner.tryExecuteJobs(DetachedApplicationRunner.java:106)
Caused by: org.apache.flink.client.program.ProgramInvocationException: The main method caused an error.
Caused by: ${cause}
\tat sales.Daily.main(Daily.java:7)`;

test.each([
  'java.net.ConnectException: Connection refused',
  'java.net.SocketException: Connection reset',
  'java.util.concurrent.TimeoutException: no answer',
  'java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available',
  'com.amazonaws.services.s3.model.AmazonS3Exception: Please reduce your request rate. (Service: Amazon S3; Status Code: 503; Error Code: SlowDown)',
])('a passing trouble that a program’s main method met is tried again: %s', (cause) => {
  expect(flinkError('flink', inMain(cause))).toMatchObject({ code: 'work_failed', message: expect.stringContaining(cause) });
});

test.each([
  'java.lang.NumberFormatException: For input string: "x"',
  "org.apache.flink.table.api.ValidationException: Cannot discover a connector using option: 'connector'='nowhere'",
  'java.lang.IllegalArgumentException: no such day',
])('a mistake of a program is not: %s', (cause) => {
  expect(flinkError('flink', inMain(cause))).toMatchObject({ name: 'ValidationError', message: expect.stringContaining(cause) });
});
