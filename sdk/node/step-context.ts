import type { Connection } from './connections/kinds.js';

/** What a step's work knows and may use beside its input. */
export interface StepContext {
  /** `step#n`: this call in its run. It stays the same through retries. */
  readonly callId: string;
  readonly workflowId: string;
  readonly runId: string;
  /** The pipeline's id. */
  readonly pipeline: string;
  /** Whose run it is: Temporal is asked the first time. Runs that name none belong to `default`. */
  tenant(): Promise<string>;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Milliseconds that an attempt may take: an engine that takes a limit of its own gets this one, for the case that nobody is left to stop it. */
  readonly timeLimit: number;
  /** The idempotency key of this call: workflow id, run id and call id. Never the attempt (DESIGN §3.1). */
  readonly key: string;
  /** Aborted when the step is cancelled or times out, and when the worker stops. */
  readonly signal: AbortSignal;
  /** Once the signal has aborted: whether another attempt goes on with this call, so that what it began outside is to be left running. */
  handedOn(): Promise<boolean>;
  /** What the last heartbeat of an earlier attempt carried, to go on from there. */
  readonly resumed: unknown;
  /** Tells Temporal how far the work is; the worker repeats it by itself, so once per change is enough. */
  heartbeat(details: unknown): void;
  readonly log: StepLog;
  /**
   * A named connection, its secrets resolved.
   *
   * @throws HeadraceError missing_connection, bad_connection or missing_secret
   */
  connection<Kind extends Connection['kind']>(name: string, ...kinds: Kind[]): Extract<Connection, { kind: Kind }>;
}

/** Lines for the worker's log. */
export interface StepLog {
  info(message: string, attributes?: Record<string, unknown>): void;
  warn(message: string, attributes?: Record<string, unknown>): void;
}
