import type { Client } from '../../sdk/node/client.js';
import type { EncryptionSettings } from '../../sdk/node/encryption/read-key-ring.js';
import type { Authenticator } from '../auth/authenticator.js';
import type { RunRecord } from '../events/index.js';
import type { Catalogue } from '../host/catalogue.js';
import type { Log } from '../logging/log.js';
import type { Source } from '../telemetry/family.js';
import type { AuditTrail } from './audit-trail.js';
import type { RequestLimits } from './request-limits.js';
import type { Streams } from './streams.js';

/** What the routes work with. */
export interface ApiContext {
  client: Client;
  catalogue: Catalogue;
  record: RunRecord;
  /** Left out, everybody who reaches the API may do everything: it then serves its own machine only. */
  authenticator?: Authenticator;
  /** What is encrypted is decrypted for Temporal's UI. */
  encryption?: EncryptionSettings;
  /** Metrics of this process beside those of the record. */
  sources?: readonly Source[];
  /** Temporal's own console, where it is known. */
  uiUrl?: string;
  streams: Streams;
  audit: AuditTrail;
  limits: RequestLimits;
  /** The process' own unless given. */
  log?: Log;
}
