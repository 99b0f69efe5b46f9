import type { Admin, Kafka } from 'kafkajs';
import { HeadraceError } from '../../sdk/index.js';
import { GroupConsumer } from './group-consumer.js';
import { Positions } from './positions.js';
import type { Range } from './range.js';
import { readRanges } from './read-ranges.js';
import { soon } from './soon.js';

/** What a message says of itself: the call that sent it, and the row that it is. */
export const callHeader = 'headrace-call';
export const rowHeader = 'headrace-row';

/**
 * The numbers of a call's rows that consumers of committed messages see in the ranges.
 *
 * @throws HeadraceError (`unreachable`) while another producer's open transaction hides a part of them
 */
export async function committedRows(kafka: Kafka, admin: Admin, call: string, topic: string, ranges: Range[], signal: AbortSignal): Promise<Set<number>> {
  const rows = new Set<number>();
  const positions = new Positions(topic, ranges);
  if (positions.isDone) return rows;
  const group = new GroupConsumer(kafka, `${call}-check`);
  try {
    await readRanges(
      group,
      positions,
      (messages) => {
        for (const { headers } of messages) if (headers?.[callHeader]?.toString() === call) rows.add(Number(headers[rowHeader]));
      },
      signal,
    );
  } finally {
    await soon(group.clearAway(admin));
  }
  if (!positions.isDone)
    throw new HeadraceError(`A transaction of another producer on '${topic}' is open: until it ends nobody sees which rows are there.`, {
      code: 'unreachable',
    });
  return rows;
}
