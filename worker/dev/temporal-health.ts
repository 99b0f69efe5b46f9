import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import type { TemporalSecurity } from '../../sdk/node/client/temporal-security.js';

/**
 * Waits until Temporal answers for this namespace and knows the search attributes. Rejects when the server ends first,
 * or with the last refusal after the time limit in milliseconds.
 */
export async function temporalAnswers(
  address: string,
  namespace: string,
  attributes: readonly string[],
  exited: Promise<unknown>,
  timeLimit = 60_000,
  security: TemporalSecurity = {},
): Promise<void> {
  let ended = false;
  void exited.then(() => {
    ended = true;
  });
  let refusal = 'nothing listens there';
  for (const end = Date.now() + timeLimit; Date.now() < end; await wait(20)) {
    if (ended) throw new Error('it ended while starting');
    // A bare TCP connection first: gRPC waits a second after one that is refused.
    if (!(await accepts(address))) continue;
    const answer = await ask(address, namespace, attributes, security);
    // Another program's Temporal may have taken the port: ours has ended then.
    if (answer === 'ready' && !ended) return;
    refusal = answer;
  }
  throw new Error(refusal);
}

function accepts(address: string): Promise<boolean> {
  const split = address.lastIndexOf(':');
  return new Promise((resolve) => {
    const socket = connect({ host: address.slice(0, split), port: Number(address.slice(split + 1)), timeout: 1000 });
    const settle = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket
      .once('connect', () => settle(true))
      .once('error', () => settle(false))
      .once('timeout', () => settle(false));
  });
}

async function ask(address: string, namespace: string, attributes: readonly string[], { tls, apiKey }: TemporalSecurity): Promise<string> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, tls, apiKey, connectTimeout: 2000 });
    await connection.workflowService.describeNamespace({ namespace });
    if (attributes.length === 0) return 'ready';
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    const missing = attributes.filter((name) => !(name in customAttributes));
    return missing.length === 0 ? 'ready' : `search attributes are missing: ${missing.join(', ')}`;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await connection?.close();
  }
}
