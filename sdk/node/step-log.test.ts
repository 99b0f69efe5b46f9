import { randomUUID } from 'node:crypto';
import type { Context } from '@temporalio/activity';
import { expect, test } from 'vitest';
import { OwnLog } from './step-log.js';

/** What a step sees of a Temporal that is asked for its run and answers so. */
function stepWhile(describe: () => Promise<unknown>) {
  const lines: string[] = [];
  const write = (message: string) => void lines.push(message);
  const client = { workflow: { getHandle: () => ({ describe }) } };
  const info = { workflowExecution: { workflowId: 'w', runId: randomUUID() } };
  return { lines, log: new OwnLog({ client, info, log: { info: write, warn: write } } as unknown as Context) };
}

test('lines are written in their order, without a tenant, where Temporal cannot be asked', async () => {
  const { lines, log } = stepWhile(() => Promise.reject(new Error('away')));
  log.info('one');
  log.warn('two');
  await log.written();
  log.info('three');
  await log.written();
  expect(lines).toEqual(['one', 'two', 'three']);
});

test('lines wait two seconds, and not longer, for a Temporal that does not answer', async () => {
  const { lines, log } = stepWhile(() => new Promise(() => undefined));
  log.info('one');
  await log.written();
  expect(lines).toEqual(['one']);
});

test('a log that says nothing asks nothing', async () => {
  let asked = 0;
  const { log } = stepWhile(async () => void (asked += 1));
  await log.written();
  expect(asked).toBe(0);
});
