/** What Headrace adds to 40 sequential steps on the dev server; at least 30 pairs. */
import { overheadCatalogue, printOverhead } from './bench-overhead.js';
import { namespace, withTemporal } from './bench-server.js';

const catalogue = await overheadCatalogue();
await withTemporal(({ client, connection }) =>
  printOverhead({ name: 'overhead', atMost: 1.05 }, catalogue, { client, connection, namespace }, Number(process.argv[2] ?? 40)),
);
