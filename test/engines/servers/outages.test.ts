import { Connection } from '@temporalio/client';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startPostgres } from '../../servers/postgres.js';
import { startTemporalOnPostgres, type TemporalOnPostgres } from '../temporal-on-postgres.js';

let temporal: TemporalOnPostgres;

beforeAll(async () => void (temporal = await startTemporalOnPostgres()));
afterAll(() => temporal?.stop());

test('a PostgreSQL that is killed and comes back has what was committed', async () => {
  const postgres = await startPostgres();
  onTestFinished(postgres.stop);
  await ask(postgres.url, 'CREATE TABLE kept (number int)');
  for (let round = 1; round <= 3; round += 1) {
    await ask(postgres.url, `INSERT INTO kept VALUES (${round})`);
    await postgres.halt();
    await expect(ask(postgres.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
    await postgres.resume();
  }
  expect(await ask(postgres.url, 'SELECT number FROM kept ORDER BY number')).toEqual([{ number: 1 }, { number: 2 }, { number: 3 }]);
});

test('a Temporal on PostgreSQL that is killed and comes back has its histories', async () => {
  const { namespace, address } = temporal;
  const connection = await Connection.connect({ address });
  onTestFinished(() => connection.close());
  await connection.workflowService.startWorkflowExecution({
    namespace,
    workflowId: 'kept',
    requestId: 'one',
    workflowType: { name: 'waits' },
    taskQueue: { name: 'nobody' },
  });
  await temporal.halt();
  await temporal.postgres.halt();
  await temporal.postgres.resume();
  await temporal.resume();
  const { history } = await connection.workflowService.getWorkflowExecutionHistory({ namespace, execution: { workflowId: 'kept' } });
  expect(history?.events?.map(({ eventId }) => Number(eventId))).toEqual([1, 2]);
});

async function ask(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}
