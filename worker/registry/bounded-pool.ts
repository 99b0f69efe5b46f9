import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';

/** What pg says when a time limit is over. */
export const unanswered = 'Query read timeout';

/**
 * A pool whose connections are given up when a statement gets no answer in time: a server that stands still, or a network that swallows, would else hold
 * up for ever whoever asked. What was sent on them may still be done, or not.
 *
 * @param within milliseconds; without a limit where it is 0
 */
export function boundedPool(pool: pg.Pool, within: number): PostgresPool {
  return { connect: async () => bounded(await pool.connect(), within), end: () => pool.end() };
}

function bounded(client: pg.PoolClient, within: number): PostgresPoolClient {
  let given: Error | undefined;
  const query = async (text: string, values: readonly unknown[]) => {
    // It would wait behind the statement that is not answered, or go on in its transaction.
    if (given !== undefined) throw given;
    try {
      return await client.query({ text, values: [...values], query_timeout: within } as pg.QueryConfig);
    } catch (error) {
      if ((error as Error).message === unanswered) given = error as Error;
      throw error;
    }
  };
  return { query, release: () => client.release(given) } as unknown as PostgresPoolClient;
}
