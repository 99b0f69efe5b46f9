import { type KafkaConnection, kafkaError, kafkaOf } from './client.js';

/** What a cluster is, for headrace doctor. @throws PermissionDeniedError, HeadraceError unreachable */
export async function describeKafka(name: string, connection: KafkaConnection): Promise<string> {
  const admin = kafkaOf(connection, 0).admin();
  try {
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    const topics = await admin.listTopics();
    return `Kafka with ${brokers.length} brokers, ${topics.length} topics can be seen`;
  } catch (error) {
    throw kafkaError(name, error);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
