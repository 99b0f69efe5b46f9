import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { defaultAddress, defaultNamespace, defaultTaskQueue } from '../../authoring/temporal-names.js';
import { payloadCodec } from '../encryption/payload.js';
import { type Encryption, ringOf } from '../encryption/read-key-ring.js';
import { Temporal } from './temporal.js';
import { readSecurity, type TemporalSecurity } from './temporal-security.js';

/** Where Temporal is, and what may be asked of it. What is left out comes from the environment, then from SPEC §6's defaults. */
export interface ClientOptions {
  /** host:port; TEMPORAL_ADDRESS, or 127.0.0.1:7233. */
  address?: string;
  /** TEMPORAL_NAMESPACE, or matih-pipelines. */
  namespace?: string;
  /** Where runs are started; HEADRACE_TASK_QUEUE, or pipeline-workers. */
  taskQueue?: string;
  /** With `apiKey`, how the connection is secured; the environment's TEMPORAL_TLS… and TEMPORAL_API_KEY where neither is given. */
  tls?: TemporalSecurity['tls'];
  apiKey?: string;
  /** Encrypts what is sent with the first key, and decrypts with each; HEADRACE_ENCRYPTION_KEYS. The same keys as the workers'. */
  encryption?: Encryption;
  /** Milliseconds that Temporal may take to answer; 5,000. */
  within?: number;
}

const connectTime = 5_000;
const unavailable = 14;
/** With Temporal's usual ten, a server that is away is noticed after twenty seconds. */
const triesOfAway = 5;
const channelArgs = {
  // gRPC's usual two minutes would be two minutes of 503 after Temporal is back.
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 2_000,
  // A page of a history may be larger than gRPC's usual 4 MB; a whole history has 50 MB at most.
  'grpc.max_receive_message_length': 128 * 2 ** 20,
};

function retry() {
  const usual = defaultGrpcRetryOptions();
  return makeGrpcRetryInterceptor({
    ...usual,
    retryableDecider: (attempt, status) => usual.retryableDecider(attempt, status) && (status.code !== unavailable || attempt < triesOfAway),
  });
}

/**
 * Connects to Temporal and asks it for the namespace.
 *
 * @throws HeadraceError no_temporal, within some seconds; bad_key, missing_secret or bad_settings
 */
export async function connectTemporal(options: ClientOptions): Promise<Temporal> {
  const { env } = process;
  const address = options.address ?? env.TEMPORAL_ADDRESS ?? defaultAddress;
  const namespace = options.namespace ?? env.TEMPORAL_NAMESPACE ?? defaultNamespace;
  const taskQueue = options.taskQueue ?? env.HEADRACE_TASK_QUEUE ?? defaultTaskQueue;
  const { tls, apiKey } = options.tls === undefined && options.apiKey === undefined ? readSecurity({}, env) : options;
  const ring = ringOf(options.encryption);
  const { within = connectTime } = options;
  const connection = Connection.lazy({ address, tls, apiKey, connectTimeout: within, interceptors: [retry()], channelArgs });
  const client = new Client({ connection, namespace, dataConverter: { payloadCodecs: [payloadCodec(ring)] } });
  const temporal = new Temporal(client, connection, address, namespace, taskQueue, ring);
  try {
    await temporal.ask(({ workflowService }) => workflowService.describeNamespace({ namespace }), undefined, within);
    return temporal;
  } catch (error) {
    await connection.close();
    throw error;
  }
}
