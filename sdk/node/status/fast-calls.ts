import * as z from 'zod';
import { readSummary } from '../../authoring/run-memo.js';
import type { Call } from './call.js';
import { describeFailure } from './failure.js';
import { decode, decodeFirst, type HistoryEvent, milliseconds } from './history-event.js';

const Moment = z.object({ seconds: z.number(), nanos: z.number().default(0) });

/**
 * What Temporal's core writes of a local activity, once it has ended. `original_schedule_time` is the worker's clock. `complete_time`
 * is the workflow's own, which stands still in a task: when it called, and after that as long as the last attempt took.
 */
const Marker = z.object({
  attempt: z.number(),
  activity_type: z.string(),
  backoff: z.unknown().optional(),
  complete_time: Moment.nullish(),
  original_schedule_time: Moment.nullish(),
});

type Marker = z.output<typeof Marker>;

const markerName = 'core_local_activity';

/**
 * The calls of `fast` steps: local activities, of which the history has nothing but a marker at their end. Their numbers are
 * those of the ends, which differ from the calls' where the same step is called several times at once.
 */
export class FastCalls {
  private readonly counts = new Map<string, number>();
  /** When the workflow task began. */
  private task = 0;
  /** The ends of its fast calls so far, by the worker's clock and by the workflow's. */
  private ends: { worker: number; workflow: number }[] = [];

  constructor(private readonly all: Map<string, Call>) {}

  take(event: HistoryEvent): void {
    const { markerRecordedEventAttributes: marker } = event;
    if (event.workflowTaskStartedEventAttributes != null) this.begin(milliseconds(event.eventTime));
    if (marker?.markerName !== markerName) return;
    const read = Marker.safeParse(decodeFirst(marker.details?.data));
    // With a backoff it waits for a timer and is called again; a fast step has no time for that.
    if (!read.success || read.data.backoff != null) return;
    const call = this.ended(event, read.data);
    if (marker.failure != null) Object.assign(call, { status: 'FAILED', error: describeFailure(marker.failure) });
    else call.output = decodeFirst(marker.details?.result);
    this.all.set(call.callId, call);
  }

  private begin(task: number): void {
    this.task = task;
    this.ends = [];
  }

  private ended(event: HistoryEvent, marker: Marker): Call {
    const { activity_type: name, attempt } = marker;
    const count = (this.counts.get(name) ?? 0) + 1;
    this.counts.set(name, count);
    const { calledAt, endedAt } = this.times(milliseconds(event.eventTime), marker);
    return {
      callId: `${name}#${count}`,
      name,
      status: 'COMPLETED',
      order: Number(String(event.eventId)),
      calledAt,
      scheduledAt: calledAt,
      endedAt,
      earlier: 0,
      attempt,
      place: readSummary(decode(event.userMetadata?.summary) as string | undefined),
      fast: true,
    };
  }

  /** The marker is written with the answer to its workflow task, when the step has ended: a worker's clock that is wrong moves nothing out of it. */
  private times(written: number, { attempt, original_schedule_time: since, complete_time: until }: Marker): { calledAt: number; endedAt: number } {
    const asked = milliseconds(since) || this.task;
    const workflow = milliseconds(until) || this.task;
    const before = this.ends.filter((it) => it.worker <= asked).map((it) => it.workflow);
    const took = Math.max(0, workflow - Math.max(this.task, ...before));
    this.ends.push({ worker: asked + took, workflow });
    // Of one that was tried again no time tells the end: the run went on when it was there.
    if (attempt > 1) return { calledAt: Math.min(Math.max(asked, this.task), written), endedAt: written };
    const calledAt = Math.min(Math.max(asked, this.task), written - took);
    return { calledAt, endedAt: calledAt + took };
  }
}
