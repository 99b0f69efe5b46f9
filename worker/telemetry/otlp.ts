import { context, DiagLogLevel, diag, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  hostDetector,
  type Resource,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { ChosenIds } from './chosen-ids.js';
import type { Source } from './family.js';
import { metricProducer } from './otlp-metrics.js';
import { RunSpans } from './run-spans.js';
import type { Traces } from './telemetry.js';

interface OtlpSettings {
  service: string;
  sources: readonly Source[];
  traces: boolean;
  metrics: boolean;
  report: (message: string) => void;
}

interface Otlp {
  traces: Traces | undefined;
  stop(): Promise<void>;
}

/** Sends traces and metrics to a collector. Where it is, and how it is spoken to, is read from OpenTelemetry's own environment variables. */
export function startOtlp({ service, sources, traces, metrics, report }: OtlpSettings): Otlp {
  reportOnce(report);
  const resource = resourceOf(service);
  const tracing = traces ? startTraces(resource) : undefined;
  const metering = metrics ? startMetrics(resource, sources) : undefined;
  return { traces: tracing?.traces, stop: async () => void (await Promise.allSettled([tracing?.stop(), metering?.shutdown()])) };
}

function resourceOf(service: string): Resource {
  return defaultResource()
    .merge(resourceFromAttributes({ 'service.name': service }))
    .merge(detectResources({ detectors: [hostDetector, serviceInstanceIdDetector, envDetector] }));
}

function startTraces(resource: Resource): { traces: Traces; stop: () => Promise<void> } {
  const ids = new ChosenIds();
  const spanProcessors = [new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), maxQueueSize: 20_000 })];
  const provider = new TracerProvider({ resource, idGenerator: ids, spanProcessors });
  // Where a module of pipelines has set up OpenTelemetry already, its own stays, and gets the spans of attempts.
  if (trace.setGlobalTracerProvider(provider)) {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  }
  const spans = new RunSpans(provider.getTracer('headrace'), ids);
  return { traces: { recorded: (part) => spans.take(part) }, stop: () => provider.shutdown() };
}

function startMetrics(resource: Resource, sources: readonly Source[]): MeterProvider {
  // The reader leaves these variables of OpenTelemetry's to whoever makes it.
  const exportIntervalMillis = Number(process.env.OTEL_METRIC_EXPORT_INTERVAL) || 60_000;
  const exportTimeoutMillis = Math.min(Number(process.env.OTEL_METRIC_EXPORT_TIMEOUT) || 30_000, exportIntervalMillis);
  const metricProducers = [metricProducer(sources)];
  const reader = new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter(), metricProducers, exportIntervalMillis, exportTimeoutMillis });
  return new MeterProvider({ resource, readers: [reader] });
}

/** A collector that is away is said once, and not with each batch. */
function reportOnce(report: (message: string) => void): void {
  let told = '';
  const tell = (message: string, ...more: unknown[]) => {
    const [first] = `${sentenceOf(message)} ${more.map(String).join(' ')}`.trim().split('\n');
    if (first !== told) report(`OpenTelemetry: ${first}`);
    told = first ?? '';
  };
  diag.setLogger(
    { error: tell, warn: tell, info: () => {}, debug: () => {}, verbose: () => {} },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}

/** OpenTelemetry's own handler of errors says them as JSON, the stack first. */
function sentenceOf(message: string): string {
  try {
    return (JSON.parse(message) as { message?: string }).message ?? message;
  } catch {
    return message;
  }
}
