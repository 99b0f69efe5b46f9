import type { Context } from 'hono';
import type { Principal, Role } from '../auth/principal.js';
import type { AuditTrail } from './audit-trail.js';

/** What every route may read of the request. */
export interface Asked {
  Variables: {
    gate: Admission;
    audit: AuditTrail;
    principal: Principal;
    /** The pipeline that the path is about, by itself or by its run; undefined also where nothing is authenticated. */
    pipeline: string | undefined;
    /** Of a route that changes something. */
    deed: Deed;
  };
}

/** What a request is to change, as the audit log tells it: the handler says more as it learns more. */
export interface Deed {
  /** A verb, such as `run.start`. */
  action: string;
  /** What it is done to; the run or pipeline in the path unless said. */
  subject?: string;
  details?: Record<string, unknown>;
  /** Whether a repeat of the request changes nothing and says the same. */
  once?: boolean;
}

/** Whose run of a workflow id a route is about: the latest one that Temporal has, or the latest one in a tenant's record. */
export type Keeper = 'Temporal' | 'registry';

/** Lets in who may use a route. */
export interface Admission {
  admit(c: Context<Asked>, oneOf: readonly Role[], keeper: Keeper): Promise<void>;
}
