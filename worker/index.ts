/** The worker as a library: for programs that host pipelines themselves, and for tests. */

export { readSettings, type Settings } from './cli/settings.js';
export { type Dev, type DevOptions, startDev } from './dev/dev.js';
export { startTemporal, type TemporalServer } from './dev/temporal-server.js';
export { bundlePipelines } from './host/bundle.js';
export { Catalogue, type FoundPipeline, type FoundStep, type Refusal } from './host/catalogue.js';
export { discover } from './host/discover.js';
export { makeWorker, pollers, type WorkerSettings } from './host/run-worker.js';
