import type { PipelineEvent } from '../../../worker/events/index.js';
import type { Outage } from './inject-faults.js';
import type { TopicEvent } from './read-topic.js';

/** From a step's end, as its history has it, until Kafka had taken its event. Milliseconds. */
interface Lag {
  endedAt: number;
  takenAt: number;
}

/** Of each step that came to its end. Duplicates do not count: the first one is there. */
export function lagsOf(messages: readonly TopicEvent[]): Lag[] {
  const seen = new Set<string>();
  return messages.flatMap(({ value, takenAt }) => {
    const { id, type, time } = JSON.parse(value) as PipelineEvent;
    if (type !== 'PIPELINE_STEP_COMPLETED' || seen.has(id)) return [];
    seen.add(id);
    return [{ endedAt: Date.parse(time), takenAt }];
  });
}

export interface LagFigures {
  steps: number;
  p50: number;
  p95: number;
  longest: number;
}

export function figuresOf(lags: readonly Lag[]): LagFigures {
  const sorted = lags.map(({ endedAt, takenAt }) => takenAt - endedAt).sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { steps: sorted.length, p50: at(0.5), p95: at(0.95), longest: at(1) };
}

/** After an outage: how long it took until Kafka had all that had ended before the outage was over. Milliseconds. */
export function recoveryAfter(lags: readonly Lag[], outage: Outage): number {
  const missed = lags.filter(({ endedAt, takenAt }) => endedAt < outage.until && takenAt > outage.from);
  return Math.max(0, ...missed.map(({ takenAt }) => takenAt - outage.until));
}

export function sayLag({ steps, p50, p95, longest }: LagFigures): string {
  return `lag from a step's end to Kafka over ${steps} steps: p50 ${p50} ms, p95 ${p95} ms, longest ${longest} ms`;
}
