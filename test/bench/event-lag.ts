/** From a step's end in its history to its event on Kafka, with 100 runs at once, each of ten steps of two seconds: everything on PostgreSQL, two workers and two APIs. */
import { sayLag } from '../engines/record/event-lag.js';
import { measureLag } from '../engines/record/measure-lag.js';
import { startServers } from '../engines/record/world.js';
import { printFigure } from './bench-figure.js';

const servers = await startServers();
try {
  const figures = await measureLag(servers, Number(process.argv[2] ?? 100));
  console.log(sayLag(figures));
  printFigure('event-lag', figures.p50, 0, 'ms', { atMost: 1_000 });
} finally {
  await servers.stop();
}
