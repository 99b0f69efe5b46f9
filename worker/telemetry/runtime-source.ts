import type { RuntimeOptions } from '@temporalio/worker';
import { freePort } from '../dev/port.js';
import type { Family, Source } from './family.js';
import { parsePrometheus } from './parse-prometheus.js';
import { counted } from './record-source.js';

/** Temporal's runtime of this process, which counts its own work: slots, pollers, latencies, what its worker finished. */
export interface RuntimeMetrics {
  /** For `Runtime.install`. */
  options: NonNullable<NonNullable<RuntimeOptions['telemetryOptions']>['metrics']>;
  source: Source;
}

/**
 * Lets Temporal's runtime tell its metrics on a port of this machine alone: it has one way out, and Headrace hands them on by two,
 * Prometheus' and OTLP.
 */
export async function runtimeMetrics(): Promise<RuntimeMetrics> {
  const bindAddress = `127.0.0.1:${await freePort()}`;
  const options = { prometheus: { bindAddress, useSecondsForDurations: true }, attachServiceName: false };
  return { options, source: () => read(`http://${bindAddress}/metrics`) };
}

async function read(url: string): Promise<Family[]> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  return parsePrometheus(await answer.text()).filter(({ name }) => !isCounted(name));
}

/** Under two of the record's names the runtime counts what this process finished: in a sum over all processes that would count twice. */
function isCounted(name: string): boolean {
  return Object.hasOwn(counted, name);
}
