import { afterAll, expect, inject, test } from 'vitest';
import '../../../test/servers/provided.js';
import { closePools, takeClient } from './pools.js';

const url = inject('postgresUrl');

afterAll(closePools);

test.skipIf(url === undefined)('a connection that is lost between two statements is told by the next one, and does not end the process', async () => {
  const settings = { kind: 'postgres', url: url as string, pool: 2, statementTimeout: 0 } as Parameters<typeof takeClient>[1];
  const [client, other] = [await takeClient('shop', settings), await takeClient('shop', settings)];
  await client.query('BEGIN');
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const lost = new Promise((resolve) => client.once('end', resolve));
  await other.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
  other.release();
  await lost;
  await expect(client.query('SELECT 1')).rejects.toThrow('not queryable');
  client.release(true);
});
