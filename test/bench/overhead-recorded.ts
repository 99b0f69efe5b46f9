/** The same as overhead with everything that keeps the record of runs, on the servers of production: Temporal and registry on PostgreSQL, events on Kafka. */
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { connectTemporal } from '../../sdk/node/client/connect-temporal.js';
import { kafkaBus, RunRecord, recordingInterceptor } from '../../worker/events/index.js';
import { startKafka } from '../engines/kafka.js';
import { startTemporalOnPostgres } from '../engines/temporal-on-postgres.js';
import { startPostgres } from '../servers/postgres.js';
import { overheadCatalogue, printOverhead } from './bench-overhead.js';

Runtime.install({ logger: new DefaultLogger('ERROR') });
const catalogue = await overheadCatalogue();
const undo: (() => Promise<unknown>)[] = [];
try {
  const kafka = await startKafka();
  undo.push(() => kafka.stop());
  const postgres = await startPostgres();
  undo.push(() => postgres.stop());
  const server = await startTemporalOnPostgres();
  undo.push(() => server.stop());
  const { address, namespace } = server;
  const temporal = await connectTemporal({ address, namespace, taskQueue: 'ours' });
  const pipelines = [...catalogue.pipelines.values()].map(({ pipeline }) => pipeline);
  const bus = kafkaBus({ brokers: [kafka.broker] });
  const record = new RunRecord({ temporal, registry: { url: postgres.url }, pipelines, bus, report: console.error }).begin();
  undo.push(() => record.close());
  await record.registry();
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection: await Connection.connect({ address }), namespace });
  const interceptors = { activity: [recordingInterceptor(record)] };
  const calm = () => record.settled();
  await printOverhead(
    { name: 'overhead-recorded', atMost: 1.15 },
    catalogue,
    { client, connection, namespace, interceptors, calm },
    Number(process.argv[2] ?? 40),
  );
} finally {
  for (const step of undo.reverse()) await step();
}
process.exit();
