import { describe, expect, test } from 'vitest';
import { operatorError } from './flink-object.js';

const error = (type: string, message: string, ...throwableList: { type: string; message: string }[]) => JSON.stringify({ type, message, throwableList });
const api = 'io.fabric8.kubernetes.client.KubernetesClientException';

describe('what the operator says', () => {
  test.each([
    [error(api, 'deployments.apps "it" is forbidden: User "flink" cannot create resource'), 'permission_denied'],
    [error(api, 'pods "it" is forbidden: exceeded quota: narrow'), 'work_failed'],
    [
      error('org.apache.flink.util.SerializedThrowable', 'the job failed', {
        type: 'org.apache.flink.util.SerializedThrowable',
        message: 'java.lang.ArithmeticException: / by zero',
      }),
      'validation_failed',
    ],
    ['no JSON at all', 'work_failed'],
  ])('%s is %s', (text, code) => {
    expect(operatorError('cluster', text)).toMatchObject({ code });
  });

  test('is told by its last cause, without the wrapping in which it travelled', () => {
    const wrapped = error('org.apache.flink.util.SerializedThrowable', 'outer', { type: 'org.apache.flink.util.SerializedThrowable', message: 'a.B: boom' });
    expect(operatorError('cluster', wrapped).message).toBe('Flink: a.B: boom');
  });
});
