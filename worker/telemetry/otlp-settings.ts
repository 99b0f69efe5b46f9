type Environment = Readonly<Record<string, string | undefined>>;

/** What OpenTelemetry's own environment variables ask for: nothing is sent where they name no collector. */
export function otlpOf(env: Environment, report: (message: string) => void): { traces: boolean; metrics: boolean } {
  const asked = { traces: asks(env, 'TRACES'), metrics: asks(env, 'METRICS') };
  if (!(asked.traces || asked.metrics) || env.OTEL_EXPORTER_OTLP_PROTOCOL !== 'grpc') return asked;
  report(
    "OpenTelemetry: nothing is sent, for OTEL_EXPORTER_OTLP_PROTOCOL is grpc and Headrace speaks OTLP over HTTP. Leave it out and name the collector's HTTP port, as in OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318.",
  );
  return { traces: false, metrics: false };
}

function asks(env: Environment, signal: 'TRACES' | 'METRICS'): boolean {
  const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT || env[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`];
  return endpoint !== undefined && endpoint !== '' && env[`OTEL_${signal}_EXPORTER`] !== 'none' && env.OTEL_SDK_DISABLED !== 'true';
}
