import { createHash } from 'node:crypto';
import { type Context, ROOT_CONTEXT, type SpanContext, TraceFlags, trace } from '@opentelemetry/api';

/** One execution of a run is one trace, and its run id names it: whoever knows the run finds the trace, and no workflow carries anything for it. */
export function runSpan(executionId: string): SpanContext {
  const traceId = executionId.replaceAll('-', '');
  return spanContext(traceId, traceId.slice(16));
}

/** The span of a call, which every process knows before it is recorded. */
export function callSpan(executionId: string, callId: string): SpanContext {
  return spanContext(runSpan(executionId).traceId, createHash('sha256').update(`${executionId}/${callId}`).digest('hex').slice(0, 16));
}

/** The context in which spans are below that one. */
export function below(span: SpanContext): Context {
  return trace.setSpanContext(ROOT_CONTEXT, span);
}

function spanContext(traceId: string, spanId: string): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
}
