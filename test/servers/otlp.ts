import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** A span as it came in. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  links?: { traceId: string; spanId: string }[];
  status?: { code?: number; message?: string };
}

/** A metric as it came in, of its kind: sum, gauge or histogram. */
export interface ReceivedMetric {
  name: string;
  sum?: { dataPoints: Point[]; isMonotonic: boolean };
  gauge?: { dataPoints: Point[] };
  histogram?: { dataPoints: (Point & { count: number | string; sum: number; bucketCounts: (number | string)[]; explicitBounds: number[] })[] };
}

interface Point {
  attributes: ReceivedSpan['attributes'];
  asDouble?: number;
}

export interface Collector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  url: string;
  /** With the service that sent it. */
  spans: (ReceivedSpan & { service: string })[];
  metrics: (ReceivedMetric & { service: string })[];
  /** All that came in, as text. */
  raw: string[];
  stop(): Promise<void>;
}

interface Resource {
  resource: { attributes: ReceivedSpan['attributes'] };
}
interface Body {
  resourceSpans?: (Resource & { scopeSpans: { spans: ReceivedSpan[] }[] })[];
  resourceMetrics?: (Resource & { scopeMetrics: { metrics: ReceivedMetric[] }[] })[];
}

/** Takes OTLP over HTTP in JSON, as an OpenTelemetry collector does, and keeps it. */
export async function startCollector(): Promise<Collector> {
  const collector: Omit<Collector, 'url' | 'stop'> = { spans: [], metrics: [], raw: [] };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const sent = Buffer.concat(chunks);
      take(collector, (request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent).toString());
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { ...collector, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

function take({ spans, metrics, raw }: Omit<Collector, 'url' | 'stop'>, text: string): void {
  raw.push(text);
  const { resourceSpans = [], resourceMetrics = [] } = JSON.parse(text) as Body;
  for (const it of resourceSpans) {
    const service = serviceOf(it);
    spans.push(...it.scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, service }))));
  }
  for (const it of resourceMetrics) {
    const service = serviceOf(it);
    metrics.push(...it.scopeMetrics.flatMap((scope) => scope.metrics.map((metric) => ({ ...metric, service }))));
  }
}

function serviceOf({ resource }: Resource): string {
  return String(attribute(resource, 'service.name'));
}

/** The value of an attribute, of whatever type. */
export function attribute({ attributes }: Pick<ReceivedSpan, 'attributes'>, name: string): unknown {
  return Object.values(attributes.find(({ key }) => key === name)?.value ?? {})[0];
}
