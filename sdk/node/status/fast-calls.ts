import * as z from 'zod';
import { readSummary } from '../../authoring/run-memo.js';
import type { Call } from './call.js';
import { describeFailure } from './failure.js';
import { decode, decodeFirst, type HistoryEvent, milliseconds } from './history-event.js';

const Moment = z.object({ seconds: z.number(), nanos: z.number().default(0) });

/** What Temporal's core writes of a local activity, once it has ended. */
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

  constructor(private readonly all: Map<string, Call>) {}

  take(event: HistoryEvent): void {
    const { markerRecordedEventAttributes: marker } = event;
    if (marker?.markerName !== markerName) return;
    const read = Marker.safeParse(decodeFirst(marker.details?.data));
    // With a backoff it waits for a timer and is called again; a fast step has no time for that.
    if (!read.success || read.data.backoff != null) return;
    const call = this.ended(event, read.data);
    if (marker.failure != null) Object.assign(call, { status: 'FAILED', error: describeFailure(marker.failure) });
    else call.output = decodeFirst(marker.details?.result);
    this.all.set(call.callId, call);
  }

  private ended(event: HistoryEvent, { activity_type: name, attempt, original_schedule_time: since, complete_time: until }: Marker): Call {
    const count = (this.counts.get(name) ?? 0) + 1;
    this.counts.set(name, count);
    const at = milliseconds(event.eventTime);
    const place = readSummary(decode(event.userMetadata?.summary) as string | undefined);
    const endedAt = milliseconds(until) || at;
    // The marker is written with the answer to its workflow task, and so later than the step's end.
    const calledAt = Math.min(milliseconds(since) || at, endedAt);
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
      place,
      fast: true,
    };
  }
}
