import type { Cost, HeadraceError } from '../../sdk/index.js';

/** How work is that runs on a server far away. */
export type Look<Result, Handle = never> =
  | {
      readonly state: 'RUNNING';
      /** For people, and for whoever goes on with it: small, without secrets. */
      readonly progress?: unknown;
      /** Where the next look is to be taken, if the work has moved on. */
      readonly handle?: Handle;
    }
  | {
      readonly state: 'SUCCEEDED';
      readonly result: Result;
      /** What the work took, as far as the system tells it. */
      readonly cost?: Cost | undefined;
    }
  /** It ended, and badly. A Refused error is final; after any other the next attempt begins it anew. */
  | {
      readonly state: 'FAILED';
      readonly error: HeadraceError;
      /** Somebody told it to end, such as an earlier attempt that ran out of time: no fault of its own. */
      readonly isStopped?: boolean;
    };

/**
 * Work on a server far away, which goes on when the worker dies: a Spark application, a Flink job, a Kubernetes Job, a DAG run.
 * Every method throws HeadraceError `unreachable` (or RetryLater) where asking again in a moment may help, and anything else where it cannot.
 * `Handle` is JSON: it travels in heartbeats to the next attempt.
 */
export interface OutsideWork<Handle, Result> {
  /** As people call the system: 'Spark'. */
  readonly system: string;
  /** The connection's name. */
  readonly connection: string;
  /** The work that was begun under this id, running or ended; undefined where there is none. */
  find(id: string, signal: AbortSignal): Promise<Handle | undefined>;
  /** Begins the work under this id. Where somebody else has done so in between, it gives theirs where the system can tell. */
  submit(id: string, signal: AbortSignal): Promise<Handle>;
  /** What it is called there, where that is not the id under which it was begun. */
  idOf?(handle: Handle): string;
  /** Where a person sees it, if the system has such a place. */
  link(handle: Handle): string | undefined;
  /** How it is; undefined where the system no longer knows it. */
  look(handle: Handle, signal: AbortSignal): Promise<Look<Result, Handle> | undefined>;
  /** Ends it. Work that has ended, or is gone, is left as it is. */
  cancel(handle: Handle, signal: AbortSignal): Promise<void>;
}
