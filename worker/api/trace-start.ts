import { propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { below, runSpan } from '../telemetry/span-ids.js';

interface StartedRun {
  /** When the request came. */
  from: Date;
  pipeline: string;
  workflowId: string;
  runId: string;
  /** Of the request: a `traceparent` leads from the run's trace to that of whoever asked. */
  headers: Record<string, string>;
}

/** The request that started a run, in the run's trace. A run may last for days: the trace of who asked is linked, and does not hold it. */
export function traceStart({ from, pipeline, workflowId, runId, headers }: StartedRun): void {
  const asker = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, headers));
  const options = {
    kind: SpanKind.SERVER,
    startTime: from,
    attributes: { 'headrace.pipeline': pipeline, 'headrace.workflow_id': workflowId },
    links: asker === undefined ? [] : [{ context: asker }],
  };
  trace
    .getTracer('headrace')
    .startSpan(`execute ${pipeline}`, options, below(runSpan(runId)))
    .end();
}
