import { searchAttributes } from '../authoring/run-memo.js';
import { Temporal } from '../node/client/temporal.js';
import type { TestServer } from './test-server.js';

const keyword = 2;

/**
 * Temporal's test server, whose clock is moved by hand.
 *
 * @param path of its executable; the SDK's download unless given
 */
export async function skippingServer(path: string | undefined, taskQueue: string): Promise<TestServer> {
  // An optional peer: who tests on a server of his own need not install it.
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const executable = path === undefined ? undefined : ({ type: 'existing-path', path } as const);
  const environment = await patiently(() => TestWorkflowEnvironment.createTimeSkipping({ server: { executable } }));
  const { nativeConnection: native, client, connection, address, namespace = 'default' } = environment;
  // It knows no search attributes and cannot list them.
  await native.operatorService.addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(searchAttributes.map(({ name }) => [name, keyword])) });
  return {
    temporal: new Temporal(client, connection, address, namespace, taskQueue),
    native,
    client,
    namespace,
    skipsTime: true,
    now: () => environment.currentTimeMs(),
    pass: (milliseconds) => environment.sleep(milliseconds),
    close: () => environment.teardown(),
  };
}

/** The SDK gives the server five seconds to answer, and a machine with much to do may need more. */
async function patiently<Started>(start: () => Promise<Started>, tries = 3): Promise<Started> {
  try {
    return await start();
  } catch (error) {
    if (tries === 1) throw error;
    return patiently(start, tries - 1);
  }
}
