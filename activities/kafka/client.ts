import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs';
import { HeadraceError, PermissionDeniedError, ValidationError } from '../../sdk/index.js';
import type { Connection } from '../../sdk/node/index.js';
import { certificateError } from '../http/certificate.js';
import { workFailed } from '../outside/work-failed.js';

/** Milliseconds for which a cluster that is away is waited for. */
export const patience = 5 * 60_000;

export type KafkaConnection = Connection & { kind: 'kafka' };

/** A client of a connection's cluster. `retries` is how often a request is sent again before it fails. */
export function kafkaOf({ brokers, tls, ca, sasl }: KafkaConnection, retries: number): Kafka {
  const settings: KafkaConfig = {
    clientId: 'headrace',
    brokers,
    ssl: ca === undefined ? tls : { ca },
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    logLevel: logLevel.NOTHING,
    // Transactions that follow one another wait for the first of these.
    retry: { retries, initialRetryTime: 50, maxRetryTime: 5_000 },
  };
  return new Kafka(sasl === undefined ? settings : { ...settings, sasl: sasl as SASLOptions });
}

interface Told {
  name?: string;
  type?: string;
  message?: string;
  cause?: unknown;
  retriable?: boolean;
}

const ofRights = /_AUTHORIZATION_FAILED$|^SASL_AUTHENTICATION_FAILED$/;
const fenced = /^(PRODUCER_FENCED|INVALID_PRODUCER_EPOCH)$/;
const ofTheUser = /^(MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE|INVALID_TOPIC_EXCEPTION|INVALID_RECORD|OFFSET_OUT_OF_RANGE)$/;

const hungUp = /Closed connection|disconnected before secure TLS|wrong version number|packet length too long/i;
const bothOrNone =
  'Check that the broker runs and the port is right. One that takes TLS alone hangs up on whoever comes without, and the other way round: `tls` of the connection, or `ca` with the authority of its certificate.';

/** Of the file system: no broker says so. */
const ofThisMachine = /^(ENOSPC|EDQUOT|EIO|EROFS|EACCES|EMFILE)$/;

function isOwn(error: unknown): boolean {
  return (
    error instanceof RangeError || error instanceof TypeError || error instanceof SyntaxError || ofThisMachine.test((error as { code?: string }).code ?? '')
  );
}

/** What an error of the cluster stands for. Others stay what they are: waiting for the cluster does not help. */
export function kafkaError(connection: string, error: unknown): Error {
  if (error instanceof HeadraceError || isOwn(error)) return error as Error;
  const told = innermost(error as Told);
  const message = `Kafka on '${connection}': ${told.message ?? String(error)}`;
  const { type = '', name = '' } = told;
  const certificate = certificateError(`Kafka on '${connection}'`, told, connection);
  if (certificate !== undefined) return certificate;
  if (ofRights.test(type) || name === 'KafkaJSSASLAuthenticationError') return new PermissionDeniedError(message, { where: connection });
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return new ValidationError(`${message} (no such topic, or no right to see it)`, { where: connection });
  if (fenced.test(type)) return workFailed('Kafka', connection, `${told.message} Another attempt took over, or a transaction took too long.`, error);
  if (ofTheUser.test(type)) return new ValidationError(message, { where: connection });
  return new HeadraceError(message, { code: 'unreachable', where: connection, cause: error, ...(hungUp.test(message) && { fix: bothOrNone }) });
}

/** kafkajs wraps what a broker said into what it did about it. */
function innermost(error: Told): Told {
  return error.type === undefined && error.cause instanceof Error ? innermost(error.cause) : error;
}
