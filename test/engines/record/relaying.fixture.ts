/** A relay in a process of its own: to be killed. Arguments: the registry's URL, the broker. */
import { kafkaBus, startRelay } from '../../../worker/events/index.js';
import { openRegistry } from '../../../worker/registry/index.js';

const [url, broker] = process.argv.slice(2);
const registry = await openRegistry({ url });
startRelay({ registry, bus: kafkaBus({ brokers: [broker ?? ''] }), every: 20, lease: 1 });
process.send?.('relaying');
