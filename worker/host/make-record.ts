import * as z from 'zod';
import type { Temporal } from '../../sdk/node/client/temporal.js';
import { resolveSecrets } from '../../sdk/node/connections/secrets.js';
import { type KafkaSettings, kafkaBus, type RecordSettings, RunRecord } from '../events/index.js';
import { processLog } from '../logging/log.js';
import type { RetentionChange } from '../registry/index.js';
import type { Catalogue } from './catalogue.js';

/** Kafka as headrace.json has it. A value may be a reference to a secret: `env:NAME` or `file:/path`. */
export const KafkaReference = z.strictObject({
  brokers: z.array(z.string().min(1)).min(1),
  /** headrace.pipeline.events unless said. */
  topic: z.string().min(1).optional(),
  tls: z.boolean().optional(),
  login: z.strictObject({ mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']), username: z.string(), password: z.string() }).optional(),
});
export type KafkaReference = z.output<typeof KafkaReference>;

/** Where the record of runs is kept and its events are published. */
export interface RecordPlace {
  /** postgres://…, or a reference to it; without one the registry is embedded, where a folder is given for that. */
  registry?: string;
  kafka?: KafkaReference;
  /** How long what has ended is kept there; as it was where nothing is said. */
  retention?: RetentionChange;
}

interface RecordOptions extends Pick<RecordSettings, 'recorded' | 'tenants'> {
  /** Of the registry where it is embedded: this process becomes its one owner; .headrace/registry unless said. */
  folder?: string;
}

/**
 * The record of runs as this process is to keep it, from `begin` on.
 *
 * @throws HeadraceError missing_secret
 */
export function makeRecord(temporal: Temporal, catalogue: Catalogue, place: RecordPlace, { folder, recorded, tenants }: RecordOptions = {}): RunRecord {
  const { kafka, retention } = place;
  return new RunRecord({
    temporal,
    registry: { url: registryUrl(place), folder },
    pipelines: [...catalogue.pipelines.values()].map(({ pipeline }) => pipeline),
    recorded,
    tenants,
    bus: kafka && kafkaBus(resolveKafka(kafka)),
    retention,
    report: (message) => processLog.warn(message),
  });
}

/** Of PostgreSQL, or empty where the registry is embedded. @throws HeadraceError missing_secret */
export function registryUrl({ registry }: RecordPlace): string {
  return registry === undefined ? '' : (resolveSecrets('registry', registry, process.env) as string);
}

/** With its secrets. @throws HeadraceError missing_secret */
export function resolveKafka(reference: KafkaReference): KafkaSettings {
  const { brokers, topic, tls, login } = resolveSecrets('kafka', reference, process.env) as KafkaReference;
  return { brokers, topic, ssl: tls, sasl: login as KafkaSettings['sasl'] };
}
