import type { RuntimeOptions } from '@temporalio/worker';
import type { RecordedPart } from '../events/index.js';
import { coreLogging } from '../logging/temporal-logger.js';
import type { Source } from './family.js';
import { type MetricsPlace, serveMetrics } from './metrics-endpoint.js';
import { otlpOf } from './otlp-settings.js';
import { processSource } from './process-source.js';
import { runtimeMetrics } from './runtime-source.js';

export interface TelemetrySettings {
  /** What this process is called where traces and metrics of many are seen, unless OTEL_SERVICE_NAME says it. */
  service: string;
  /** Where metrics are shown without a login; nowhere unless said. */
  metrics?: MetricsPlace;
  /** Whether Temporal's runtime works in this process: never, where its metrics are wanted, or always because an API shows them. */
  runtime?: 'wanted' | 'shown';
  /** Told where the metrics are, and what went wrong with a collector. */
  report: (message: string) => void;
}

/** What becomes traces. */
export interface Traces {
  /** Told of each part of a history when it is recorded. */
  recorded: (part: RecordedPart) => void;
}

/** What a process tells of itself beside its work. */
export interface Telemetry {
  /** For `Runtime.install`. */
  telemetryOptions: RuntimeOptions['telemetryOptions'];
  /** The metrics of Temporal's runtime, where it works here. */
  ofTemporal: readonly Source[];
  /** Where traces are sent. */
  traces: Traces | undefined;
  /** Shows metrics beside those of the process, from now on. */
  show(...sources: Source[]): void;
  /** After the last of the work. */
  stop(): Promise<void>;
}

/** Begins to show metrics, and to send metrics and traces by OTLP, where either is configured. @throws HeadraceError port_taken */
export async function startTelemetry({ service, metrics, runtime, report }: TelemetrySettings): Promise<Telemetry> {
  const sources: Source[] = [processSource];
  const wanted = otlpOf(process.env, report);
  const shown = metrics !== undefined || wanted.metrics || runtime === 'shown';
  const ofRuntime = runtime !== undefined && shown ? await runtimeMetrics() : undefined;
  if (ofRuntime !== undefined) sources.push(ofRuntime.source);
  const endpoint = metrics && (await serveMetrics(metrics, sources));
  if (endpoint !== undefined) report(`metrics ${endpoint.url}`);
  // Loaded where it is used: it would make every start slower.
  const otlp = wanted.traces || wanted.metrics ? (await import('./otlp.js')).startOtlp({ service, sources, ...wanted, report }) : undefined;
  return {
    telemetryOptions: { logging: coreLogging, metrics: ofRuntime?.options },
    ofTemporal: ofRuntime === undefined ? [] : [ofRuntime.source],
    traces: otlp?.traces,
    show: (...more) => void sources.push(...more),
    stop: async () => void (await Promise.all([endpoint?.close(), otlp?.stop()])),
  };
}
