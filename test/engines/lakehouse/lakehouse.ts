import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AirflowServer, startAirflow } from '../airflow.js';
import { type KafkaServer, startKafka } from '../kafka.js';
import { startTrino, type TrinoServer } from '../trino.js';

export const examples = fileURLToPath(new URL('../../../examples', import.meta.url));
/** The runs of the story: a good day, and a bad one that waits. */
export const firstRuns = join(examples, 'lakehouse/first-runs.json');

/** The engines of the story examples/lakehouse. */
export interface Lakehouse {
  trino: TrinoServer;
  airflow: AirflowServer;
  kafka: KafkaServer;
  /** What `headrace dev` needs to work with them. */
  environment: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

export const topic = 'headrace.pipeline.events';

/** Starts Trino with Iceberg, Airflow with the story's DAG, and Kafka. */
export async function startLakehouse(): Promise<Lakehouse> {
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => void (await Promise.all(started.map((server) => server.stop())));
  const kept = <T extends { stop(): Promise<void> }>(server: T): T => {
    started.push(server);
    return server;
  };
  try {
    const kafka = kept(await startKafka());
    const trino = kept(await startTrino());
    const airflow = kept(await startAirflow(3, join(examples, 'lakehouse/dags'), { TRINO_URL: trino.url, TRINO_CATALOG: 'iceberg' }));
    const environment = {
      HEADRACE_CONNECTION_LAKEHOUSE: JSON.stringify({ kind: 'trino', url: trino.url, user: 'headrace', catalog: 'iceberg' }),
      HEADRACE_CONNECTION_AIRFLOW: JSON.stringify({ kind: 'airflow', url: airflow.url, user: 'admin', password: 'admin' }),
      HEADRACE_KAFKA_BROKERS: kafka.broker,
      HEADRACE_KAFKA_TOPIC: topic,
    };
    return { trino, airflow, kafka, environment, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A folder for the state of `headrace dev`, and how it is removed. */
export function stateFolder(): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-lakehouse-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
