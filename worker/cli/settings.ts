import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import * as z from 'zod';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { defaultNamespace, defaultTaskQueue } from '../../sdk/authoring/temporal-names.js';
import { SecurityReference } from '../../sdk/node/client/temporal-security.js';
import { readSettingsFile, wrongSettings } from '../../sdk/node/connections/settings-file.js';
import { RequestLimits } from '../api/request-limits.js';
import { AuthReference } from '../auth/index.js';
import { KafkaReference, type RecordPlace } from '../host/make-record.js';
import { RetentionReference } from '../registry/index.js';
import type { MetricsPlace } from '../telemetry/metrics-endpoint.js';
import { highestPort, readWholeNumber } from './whole-number.js';

/** What headrace.json may have; worker/settings.md explains each. */
export const SettingsFile = z.strictObject({
  /** Named connections; see sdk/node/connections. */
  connections: z.record(z.string(), z.unknown()).optional(),
  /** Keys for what Temporal and the registry keep; see sdk/node/encryption. */
  encryption: z.unknown().optional(),
  /** The folder of the pipelines' modules. */
  pipelines: z.string().optional(),
  temporal: SecurityReference.extend({ address: z.string().optional(), namespace: z.string().optional(), taskQueue: z.string().optional() }).optional(),
  /** Steps at once in one worker. */
  concurrency: z.int().min(1).optional(),
  /** The registry's PostgreSQL: postgres://…, or a reference to it: env:NAME or file:/path. */
  registry: z.string().optional(),
  /** The Kafka that gets the events. */
  kafka: KafkaReference.optional(),
  /** How long the registry keeps what has ended: '90 days' or 'for ever'. */
  retention: RetentionReference.optional(),
  /** Who may use the API: without it, whoever sits at this machine. */
  auth: AuthReference.optional(),
  /** What the API takes on. */
  limits: RequestLimits.partial().optional(),
  /** Where worker and API show their metrics without a login. */
  metrics: z.strictObject({ port: z.int().min(0).max(highestPort), host: z.string().optional() }).optional(),
});

/** Where a command works. */
export interface Settings {
  /** The path of headrace.json, whether or not it is there. */
  file: string;
  pipelines: string;
  /** host:port, or undefined where none is configured. */
  address: string | undefined;
  namespace: string;
  taskQueue: string;
  concurrency: number;
  /** How Temporal is reached, with references to secrets: `readSecurity` reads them. */
  security: SecurityReference;
  /** Where the record of runs is kept and its events are published. */
  record: RecordPlace;
  /** Undefined where everybody may do everything. */
  auth: AuthReference | undefined;
  /** What one process of the API takes on: its defaults where nothing is set. */
  limits: Partial<RequestLimits> | undefined;
  /** Where the process shows its metrics without a login; nowhere unless configured. */
  metrics: MetricsPlace | undefined;
}

/**
 * Settings from headrace.json, here or else in the pipelines folder, and from the environment, which goes before it (defaults: SPEC §6).
 *
 * @throws HeadraceError bad_settings when the file is not what it should be
 */
export function readSettings(folder?: string, environment: NodeJS.ProcessEnv = process.env): Settings {
  const file = settingsFile(folder, environment);
  const { pipelines, temporal = {}, concurrency, registry, kafka, retention, auth, limits, metrics } = readFile(file);
  return {
    file,
    pipelines: resolve(folder ?? pipelines ?? 'pipelines'),
    address: environment.TEMPORAL_ADDRESS ?? temporal.address,
    namespace: environment.TEMPORAL_NAMESPACE ?? temporal.namespace ?? defaultNamespace,
    taskQueue: environment.HEADRACE_TASK_QUEUE ?? temporal.taskQueue ?? defaultTaskQueue,
    concurrency: concurrencyOf(environment) ?? concurrency ?? 10,
    security: { tls: temporal.tls, apiKey: temporal.apiKey },
    record: { registry: environment.DATABASE_URL || registry, kafka: kafkaOf(environment, kafka), retention },
    auth: auth ?? authOf(environment),
    limits,
    metrics: metricsOf(environment, metrics),
  };
}

/** An admin key alone turns authentication on, as for an image without a file. */
function authOf({ HEADRACE_ADMIN_KEY: adminKey }: NodeJS.ProcessEnv): AuthReference | undefined {
  return adminKey ? { adminKey: 'env:HEADRACE_ADMIN_KEY' } : undefined;
}

/** Brokers from the environment go before the file's, with the file's topic and way to log in left out. */
function kafkaOf({ HEADRACE_KAFKA_BROKERS: brokers, HEADRACE_KAFKA_TOPIC: topic }: NodeJS.ProcessEnv, file?: KafkaReference): KafkaReference | undefined {
  if (brokers) return { brokers: brokers.split(','), topic: topic || undefined };
  return file && topic ? { ...file, topic } : file;
}

function concurrencyOf({ HEADRACE_CONCURRENCY: steps }: NodeJS.ProcessEnv): number | undefined {
  return steps ? numberOf('HEADRACE_CONCURRENCY', steps, 1) : undefined;
}

function metricsOf({ HEADRACE_METRICS_PORT: port, HEADRACE_METRICS_HOST: host }: NodeJS.ProcessEnv, file?: MetricsPlace): MetricsPlace | undefined {
  const at = port ? numberOf('HEADRACE_METRICS_PORT', port, 0, highestPort) : file?.port;
  return at === undefined ? undefined : { port: at, host: host || file?.host };
}

/** What is no number would be NaN, with which nothing is worked on and nothing says so. */
function numberOf(name: string, text: string, least: number, most?: number): number {
  const read = readWholeNumber(text, least, most);
  if (read !== undefined) return read;
  throw new HeadraceError(`${name} is '${text}', which is no whole number from ${least}${most === undefined ? ' on' : ` to ${most}`}.`, {
    code: 'bad_settings',
    where: name,
    fix: 'Set it to a whole number, or leave it out.',
  });
}

function settingsFile(folder: string | undefined, environment: NodeJS.ProcessEnv): string {
  if (environment.HEADRACE_SETTINGS !== undefined) return resolve(environment.HEADRACE_SETTINGS);
  const inFolder = folder === undefined ? [] : [resolve(folder, 'headrace.json')];
  return [resolve('headrace.json'), ...inFolder].find(existsSync) ?? resolve('headrace.json');
}

function readFile(file: string): z.output<typeof SettingsFile> {
  const read = SettingsFile.safeParse(readSettingsFile(file) ?? {});
  if (read.success) return read.data;
  throw wrongSettings(file, z.prettifyError(read.error));
}
