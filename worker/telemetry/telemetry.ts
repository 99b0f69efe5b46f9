import type { RuntimeOptions } from '@temporalio/worker';
import { coreLogging } from '../logging/temporal-logger.js';
import type { Source } from './family.js';
import { type MetricsPlace, serveMetrics } from './metrics-endpoint.js';
import { processSource } from './process-source.js';
import { runtimeMetrics } from './runtime-source.js';

export interface TelemetrySettings {
  /** Where metrics are shown without a login; nowhere unless said. */
  metrics?: MetricsPlace;
  /** Whether Temporal's runtime works in this process. */
  runtime?: boolean;
  /** Told where the metrics are. */
  report?: (message: string) => void;
}

/** What a process tells of itself beside its work. */
export interface Telemetry {
  /** For `Runtime.install`. */
  telemetryOptions: RuntimeOptions['telemetryOptions'];
  /** Shows metrics beside those of the process, from now on. */
  show(...sources: Source[]): void;
  /** After the last of the work. */
  stop(): Promise<void>;
}

/** Begins to show metrics, where that is configured. @throws HeadraceError port_taken */
export async function startTelemetry({ metrics, runtime = false, report }: TelemetrySettings): Promise<Telemetry> {
  const sources: Source[] = [processSource];
  const ofRuntime = runtime && metrics !== undefined ? await runtimeMetrics() : undefined;
  if (ofRuntime !== undefined) sources.push(ofRuntime.source);
  const endpoint = metrics && (await serveMetrics(metrics, sources));
  if (endpoint !== undefined) report?.(`metrics ${endpoint.url}`);
  return {
    telemetryOptions: { logging: coreLogging, metrics: ofRuntime?.options },
    show: (...more) => void sources.push(...more),
    stop: async () => endpoint?.close(),
  };
}
