import { Kafka, type KafkaConfig, logLevel, type Producer } from 'kafkajs';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import type { EventBus } from './event-bus.js';
import type { OutboxEvent } from './outbox.js';

/** The topic of SPEC §6. */
export const eventTopic = 'headrace.pipeline.events';

export interface KafkaSettings {
  brokers: string[];
  /** headrace.pipeline.events unless said. */
  topic?: string;
  /** Of the topic, when it is made here; the cluster's defaults unless said. */
  partitions?: number;
  replicas?: number;
  /** For a cluster that wants TLS or a login. */
  ssl?: KafkaConfig['ssl'];
  sasl?: KafkaConfig['sasl'];
}

/** Milliseconds within which a broker that is there answers. */
const patience = 5_000;

/** Events on a Kafka topic, in CloudEvents' structured mode; the key is the workflow id. Connects when it first publishes. */
export function kafkaBus({ brokers, topic = eventTopic, partitions = -1, replicas = -1, ssl, sasl }: KafkaSettings): EventBus {
  const retry = { retries: 1, initialRetryTime: 100 };
  const kafka = new Kafka({
    clientId: 'headrace',
    brokers,
    ssl,
    sasl,
    connectionTimeout: patience,
    requestTimeout: patience,
    logLevel: logLevel.NOTHING,
    retry,
  });
  return new KafkaBus(kafka, topic, { numPartitions: partitions, replicationFactor: replicas });
}

class KafkaBus implements EventBus {
  private producer: Producer | undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly topic: string,
    private readonly layout: { numPartitions: number; replicationFactor: number },
  ) {}

  async publish(events: readonly OutboxEvent[]): Promise<void> {
    try {
      this.producer ??= await this.connect();
      await this.producer.send({ topic: this.topic, acks: -1, messages: events.map(messageOf) });
    } catch (error) {
      // After a send to an unknown topic a producer fails on every new one: a failed producer is not used again.
      await this.close();
      throw new HeadraceError(`Kafka does not take events: ${(error as Error).message}`, {
        code: 'no_kafka',
        where: this.topic,
        fix: 'Start Kafka, or correct its address: the events wait in the registry and are published when it is back.',
        cause: error,
      });
    }
  }

  async close(): Promise<void> {
    const { producer } = this;
    this.producer = undefined;
    await producer?.disconnect().catch(() => undefined);
  }

  private async connect(): Promise<Producer> {
    await this.requireTopic();
    // Not idempotent: kafkajs's idempotent producer is unsafe, and the events' ids do the same work.
    const producer = this.kafka.producer({ allowAutoTopicCreation: false, maxInFlightRequests: 1 });
    await producer.connect();
    return producer;
  }

  private async requireTopic(): Promise<void> {
    const admin = this.kafka.admin();
    try {
      await admin.connect();
      if (!(await admin.listTopics()).includes(this.topic)) await admin.createTopics({ topics: [{ topic: this.topic, ...this.layout }], waitForLeaders: true });
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
}

function messageOf({ workflowId, event }: OutboxEvent) {
  return { key: workflowId, value: JSON.stringify(event), headers: { 'content-type': 'application/cloudevents+json; charset=UTF-8', id: event.id } };
}
