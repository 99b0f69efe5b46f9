import { type HrTime, ValueType } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import { AggregationTemporality, DataPointType, type MetricData, type MetricProducer } from '@opentelemetry/sdk-metrics';
import { collect } from './collect.js';
import type { Distribution, Family, Source } from './family.js';

/** The same metrics as Prometheus sees, for OpenTelemetry: under the same names, so that a query serves for both. */
export function metricProducer(sources: readonly Source[]): MetricProducer {
  const scope = { name: 'headrace' };
  return {
    collect: async () => {
      const metrics = (await collect(sources)).map(metricOf);
      return { resourceMetrics: { resource: emptyResource(), scopeMetrics: [{ scope, metrics }] }, errors: [] };
    },
  };
}

/** The registry counts over the lives of many processes: nobody knows since when. */
const unknown: HrTime = [0, 0];

function metricOf(family: Family): MetricData {
  const { name, help: description } = family;
  const now = Date.now();
  const times = { startTime: unknown, endTime: [Math.floor(now / 1_000), (now % 1_000) * 1_000_000] as HrTime };
  const base = {
    descriptor: { name, description, unit: /(_seconds|_duration|_execution)(_total)?$/.test(name) ? 's' : '', valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  if (family.type === 'histogram') {
    const dataPoints = family.series.map((it) => ({ ...times, attributes: it.labels, value: histogramOf(it) }));
    return { ...base, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = family.series.map(({ labels, value }) => ({ ...times, attributes: labels, value }));
  if (family.type === 'gauge') return { ...base, dataPointType: DataPointType.GAUGE, dataPoints };
  return { ...base, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
}

/** Prometheus' buckets hold all observations up to their bound, OpenTelemetry's those since the bound before. */
function histogramOf({ buckets, count, sum }: Distribution) {
  const finite = buckets.filter(({ bound }) => Number.isFinite(bound));
  const upTo = [...finite.map((it) => it.count), count];
  return { buckets: { boundaries: finite.map(({ bound }) => bound), counts: upTo.map((it, index) => it - (upTo[index - 1] ?? 0)) }, count, sum };
}
