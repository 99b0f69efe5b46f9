import type { SecurityReference } from '../../sdk/node/client/temporal-security.js';
import type { RequestLimits } from '../api/request-limits.js';
import type { AuthReference } from '../auth/index.js';
import type { RecordPlace } from '../host/make-record.js';

/** What `headrace dev` and the process that hosts worker and API for it tell each other. */
export interface HostSettings {
  folder: string;
  settingsFile: string;
  address: string;
  /** Of a Temporal that is configured; undefined for the dev server, which has none. */
  security: SecurityReference | undefined;
  namespace: string;
  taskQueue: string;
  concurrency: number;
  apiPort: number;
  /** Another one where that has been taken meanwhile. */
  anyPort?: boolean;
  /** Temporal's own console, whose pages may ask for what is encrypted. */
  uiUrl?: string;
  /** Where bundling keeps what is unchanged. */
  cacheFolder: string;
  record: RecordPlace;
  auth: AuthReference | undefined;
  limits: Partial<RequestLimits> | undefined;
  /** Of the registry, where it is embedded. */
  registryFolder: string;
}

/** What a host has found in its folder. */
export interface Prepared {
  /** The table of what was found and refused. */
  found: string;
  /** The modules that cannot be used. */
  refused: { file: string; message: string; code?: string; fix?: string }[];
  /** The modules whose pipelines and steps are hosted. */
  hosted: string[];
}

/** Warm: load what is the same for every pipeline. Prepare: load, bundle, connect. Go: poll and listen. Stop: close the API at once, drain the worker, end. */
export type ToHost = { kind: 'warm' } | { kind: 'prepare'; settings: HostSettings } | { kind: 'go' } | { kind: 'stop' };

export type FromHost =
  | ({ kind: 'prepared' } & Prepared)
  | { kind: 'refused'; message: string; fix?: string; code?: string }
  | { kind: 'serving'; apiUrl: string }
  | { kind: 'released' };
