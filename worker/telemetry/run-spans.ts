import { type Attributes, type Context, type Link, ROOT_CONTEXT, type SpanContext, type SpanStatus, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { attemptsOf, type Call, isOpen } from '../../sdk/node/status/call.js';
import { measuresOf, type RecordedPart } from '../events/index.js';
import type { ChosenIds } from './chosen-ids.js';
import { below, callSpan, runSpan } from './span-ids.js';

interface Spanned {
  name: string;
  /** Undefined for any. */
  ids?: SpanContext;
  parent: Context;
  /** Milliseconds since the epoch. */
  from: number;
  to: number;
  attributes: Attributes;
  status?: SpanStatus;
  links?: Link[];
}

/**
 * The spans of runs, steps and approvals, made of what the record just took of a history: with the history's times, whatever was down meanwhile.
 * A part that is recorded again gives the same ids again.
 */
export class RunSpans {
  constructor(
    private readonly tracer: Tracer,
    private readonly ids: ChosenIds,
  ) {}

  /** Tells of what ended in this part. */
  take(part: RecordedPart): void {
    const { fold, encrypts } = part;
    for (const { call, before } of fold.changedCalls()) {
      if (!isOpen(call) && (before === undefined || isOpen(before))) this.tell(ofCall(fold.executionId, call, encrypts));
    }
    for (const approval of ofApprovals(part)) this.tell(approval);
    if (fold.closed) this.tell(ofRun(part));
  }

  private tell({ name, ids, parent, from, to, ...options }: Spanned): void {
    const { status, ...rest } = options;
    const begin = () => this.tracer.startSpan(name, { ...rest, startTime: from }, parent);
    const span = ids === undefined ? begin() : this.ids.as(ids, begin);
    if (status !== undefined) span.setStatus(status);
    span.end(Math.max(from, to));
  }
}

function ofRun({ workflowId, runId, fold, encrypts }: RecordedPart): Spanned {
  const { executionId, facts, ending } = fold;
  const failed = ending !== undefined && ['FAILED', 'TIMED_OUT', 'TERMINATED'].includes(ending.state);
  return {
    name: `run ${facts?.pipeline ?? ''}`,
    ids: runSpan(executionId),
    parent: ROOT_CONTEXT,
    from: facts?.startedAt ?? 0,
    to: fold.lastAt,
    attributes: defined({
      'headrace.pipeline': facts?.pipeline,
      'headrace.workflow_id': workflowId,
      'headrace.run_id': runId,
      'headrace.tenant': facts?.tenant,
      'headrace.trigger': facts?.trigger,
      'headrace.version': facts?.version,
      'headrace.partition': facts?.partition,
      'headrace.status': ending?.state ?? 'CONTINUED',
      'headrace.undo': fold.undo,
      'headrace.rows': fold.rows,
    }),
    status: failed ? errorStatus(ending.error?.message, encrypts) : undefined,
    // A backfill has a hundred children: each has a trace of its own, which leads back here.
    links: facts?.parent === undefined ? [] : [{ context: runSpan(facts.parent.executionId) }],
  };
}

function ofCall(executionId: string, call: Call, encrypts: boolean): Spanned {
  const { callId, name, calledAt, endedAt = calledAt, status, place, fast, error } = call;
  const { rows, bytes, engine } = measuresOf(call.output);
  return {
    name: `step ${name}`,
    ids: callSpan(executionId, callId),
    parent: below(runSpan(executionId)),
    from: calledAt,
    to: endedAt,
    attributes: defined({
      'headrace.step': name,
      'headrace.call_id': callId,
      'headrace.status': status,
      'headrace.attempts': attemptsOf(call),
      'headrace.phase': place.phase,
      'headrace.undo': place.undo,
      'headrace.fast': fast,
      'headrace.rows': rows,
      'headrace.bytes': bytes,
      'headrace.engine': engine?.name,
      ...(encrypts ? {} : { 'headrace.engine_id': engine?.id, 'headrace.engine_link': engine?.link }),
    }),
    status: status === 'FAILED' ? errorStatus(error?.message, encrypts) : undefined,
  };
}

function ofApprovals({ fold }: RecordedPart): Spanned[] {
  return fold.changedApprovals().flatMap(({ wait, outcome }) => {
    if (outcome === undefined) return [];
    const attributes = { 'headrace.approval': wait.approval, 'headrace.decision': outcome.decision };
    const parent = below(runSpan(fold.executionId));
    return [{ name: `approval ${wait.approval}`, parent, from: Date.parse(wait.since), to: Date.parse(outcome.at), attributes }];
  });
}

/** @param encrypts what an error says may be a secret */
export function errorStatus(message: string | undefined, encrypts: boolean): SpanStatus {
  return { code: SpanStatusCode.ERROR, ...(encrypts || message === undefined ? {} : { message }) };
}

function defined(attributes: Record<string, string | number | boolean | null | undefined>): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined && value !== null)) as Attributes;
}
