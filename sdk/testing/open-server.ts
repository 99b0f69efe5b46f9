import { devServer, existingServer } from './real-server.js';
import { skippingServer } from './skipping-server.js';
import type { TestServer } from './test-server.js';

/** Which server a test runs on. */
export type TestServerOptions =
  /** One that runs already. */
  | { address: string; namespace?: string }
  /** The path of Temporal's test server, which skips time. */
  | { timeSkipping: string };

/**
 * Opens the server that is named. Without one: Temporal's test server where HEADRACE_TIME_SKIPPING_SERVER names it or the SDK can download it, else a
 * dev server, on which time does not skip.
 *
 * @throws HeadraceError no_temporal
 */
export async function openServer(options: TestServerOptions | undefined, taskQueue: string): Promise<TestServer> {
  const path = process.env.HEADRACE_TIME_SKIPPING_SERVER;
  if (options !== undefined && 'address' in options) return existingServer(options.address, options.namespace ?? 'default', taskQueue);
  if (options !== undefined) return skippingServer(options.timeSkipping, taskQueue);
  if (path !== undefined && path !== '') return skippingServer(path, taskQueue);
  return skippingServer(undefined, taskQueue).catch(() => devServer(taskQueue));
}
