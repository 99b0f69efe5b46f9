import { EventEmitter, once } from 'node:events';
import type { Admin, Consumer, EachBatchHandler, Kafka } from 'kafkajs';

/** Milliseconds for which a broker holds a question that it has no messages for. */
export const hold = 500;

type State = 'joins' | 'reads' | 'ended';

/** A consumer that can be told to leave at any time: kafkajs's own forgets that while it joins its group, and stays in it. */
export class GroupConsumer {
  readonly consumer: Consumer;
  private state: State = 'joins';
  private isOver = false;
  private readonly turns = new EventEmitter();

  constructor(
    kafka: Kafka,
    readonly group: string,
  ) {
    const retry = { retries: 5, restartOnFailure: async () => !this.isOver };
    this.consumer = kafka.consumer({ groupId: group, allowAutoTopicCreation: false, maxWaitTimeInMs: hold, retry });
    const { FETCH_START, CRASH } = this.consumer.events;
    this.consumer.on(FETCH_START, () => this.turn('reads'));
    this.consumer.on(CRASH, ({ payload: { restart } }) => this.turn(restart ? 'joins' : 'ended'));
  }

  /** Settles when it has joined its group; from then on it runs by itself. */
  async start(topic: string, eachBatch: EachBatchHandler): Promise<void> {
    try {
      await this.consumer.connect();
      // From the beginning until the seek: what is read before the range is passed over, and nothing behind it is missed.
      await this.consumer.subscribe({ topic, fromBeginning: true });
      if (this.isOver) this.turn('ended');
      else await this.consumer.run({ autoCommit: false, eachBatch });
    } catch (error) {
      this.turn('ended');
      throw error;
    }
  }

  /** Leaves the group and closes the connection, as soon as it has joined or has failed to. */
  async leave(): Promise<void> {
    this.isOver = true;
    while (this.state === 'joins') await once(this.turns, 'turn');
    await this.consumer.disconnect();
  }

  /** Leaves the group, and deletes it where there is the right to. */
  async clearAway(admin: Admin): Promise<void> {
    await this.leave().catch(() => undefined);
    await admin.deleteGroups([this.group]).catch(() => undefined);
  }

  private turn(state: State): void {
    this.state = state;
    this.turns.emit('turn');
  }
}
