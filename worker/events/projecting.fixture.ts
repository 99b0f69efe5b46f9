/** A projector in a process of its own: to be killed. Arguments: Temporal's address, namespace, task queue, the registry's URL. */
import { connectTemporal } from '../../sdk/node/client/connect-temporal.js';
import { openRegistry } from '../registry/index.js';
import { startProjector } from './index.js';

const [address, namespace, taskQueue, url] = process.argv.slice(2);
const temporal = await connectTemporal({ address, namespace, taskQueue });
const registry = await openRegistry({ url });
startProjector({ temporal, registry, scanEvery: 1_000, patience: 1, report: () => undefined });
// Nothing outlives the test that forked it.
process.on('disconnect', () => process.exit());
process.send?.('projecting');
