import type { Admin, SeekEntry } from 'kafkajs';
import { ValidationError } from '../../sdk/index.js';
import type { StepContext } from '../../sdk/node/index.js';
import type { TopicSource } from './source.js';

/** What of a partition is read: from the first to before the end. Offsets fit a number for 28 years of ten million messages a second. */
export interface Range {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}

/** A partition's messages from an offset on, as far as the cluster still has them. */
export function rangeFrom(offset: number, { partition, low, high }: SeekEntry & { low: string; high: string }): Range {
  const start = Math.max(offset, Number(low));
  return { partition, start, end: Math.max(start, Number(high)) };
}

/**
 * What is read of each partition of a topic. Messages that the cluster has removed already are told, and passed over.
 *
 * @throws ValidationError where the watermark is of another topic of this name: it lies behind the end
 */
export async function rangesOf(admin: Admin, { kafka, topic, since }: TopicSource, { log }: Pick<StepContext, 'log'>): Promise<Range[]> {
  const known = JSON.parse(since ?? '{}') as Record<string, string>;
  const partitions = await admin.fetchTopicOffsets(topic);
  const ends = new Map(partitions.map(({ partition, high }) => [String(partition), Number(high)]));
  for (const [partition, offset] of Object.entries(known)) requireWithin(`${kafka}:${topic}`, partition, Number(offset), ends.get(partition));
  return partitions.map((offsets) => {
    const { partition } = offsets;
    const wanted = Number(known[partition] ?? 0);
    const range = rangeFrom(wanted, offsets);
    if (known[partition] !== undefined && range.start > wanted)
      log.warn(`${kafka}:${topic} has removed the messages ${wanted} to ${range.start - 1} of partition ${partition}.`);
    return range;
  });
}

function requireWithin(topic: string, partition: string, offset: number, end: number | undefined): void {
  if (end !== undefined && offset <= end) return;
  const now = end === undefined ? 'is not there' : `ends at ${end}`;
  throw new ValidationError(
    `The watermark is at ${offset} of partition ${partition} of ${topic}, which ${now}: the topic was made anew, or came from a backup.`,
    {
      where: topic,
      fix: 'Extract without since, from the beginning of the topic that is there now.',
    },
  );
}
