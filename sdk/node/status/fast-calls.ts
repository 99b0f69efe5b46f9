import * as z from 'zod';
import { readSummary } from '../../authoring/run-memo.js';
import type { Call } from './call.js';
import { describeFailure } from './failure.js';
import { decode, decodeFirst, type HistoryEvent, milliseconds } from './history-event.js';

const Moment = z.object({ seconds: z.number(), nanos: z.number().default(0) });

/** What Temporal's core writes of a local activity, once it has ended or waits long for its next attempt. */
const Marker = z.object({
  seq: z.number(),
  attempt: z.number(),
  activity_type: z.string(),
  backoff: z.unknown().optional(),
  complete_time: Moment.nullish(),
  original_schedule_time: Moment.nullish(),
});

type Marker = z.output<typeof Marker>;

const markerName = 'core_local_activity';

/** The calls of `fast` steps: local activities, of which the history has nothing but a marker at their end. */
export class FastCalls {
  private readonly counts = new Map<string, number>();
  /** Those that wait for an attempt, which Temporal's core numbers anew. */
  private readonly waiting: Call[] = [];

  constructor(private readonly all: Map<string, Call>) {}

  take(event: HistoryEvent): void {
    const { markerRecordedEventAttributes: marker } = event;
    if (marker?.markerName !== markerName) return;
    const read = Marker.safeParse(decodeFirst(marker.details?.data));
    if (!read.success) return;
    const call = this.resume(read.data) ?? this.begin(event, read.data);
    call.attempt = read.data.attempt;
    call.error = describeFailure(marker.failure);
    if (read.data.backoff != null) return this.wait(call);
    call.status = marker.failure == null ? 'COMPLETED' : 'FAILED';
    call.endedAt = milliseconds(read.data.complete_time) || milliseconds(event.eventTime);
    call.output = decodeFirst(marker.details?.result);
  }

  private wait(call: Call): void {
    call.status = 'RETRYING';
    this.waiting.push(call);
  }

  private resume({ activity_type: name, attempt, original_schedule_time: since }: Marker): Call | undefined {
    const calledAt = milliseconds(since);
    const index = this.waiting.findIndex((call) => call.name === name && call.attempt < attempt && call.calledAt === calledAt);
    return index < 0 ? undefined : this.waiting.splice(index, 1)[0];
  }

  private begin(event: HistoryEvent, { activity_type: name, original_schedule_time: since }: Marker): Call {
    const count = (this.counts.get(name) ?? 0) + 1;
    this.counts.set(name, count);
    const calledAt = milliseconds(since) || milliseconds(event.eventTime);
    const place = readSummary(decode(event.userMetadata?.summary) as string | undefined);
    const call: Call = { callId: `${name}#${count}`, name, status: 'RUNNING', order: Number(String(event.eventId)), calledAt, scheduledAt: calledAt, earlier: 0, attempt: 1, place, fast: true };
    this.all.set(call.callId, call);
    return call;
  }
}
