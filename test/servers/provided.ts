import 'vitest';

/** What a test gets from `inject`: the servers that the whole run shares. */
declare module 'vitest' {
  export interface ProvidedContext {
    temporal: { address: string; namespace: string; uiUrl: string | undefined /** Its database and its log. */; folder: string };
    /** postgres://… of an empty database; undefined when PostgreSQL was left out. */
    postgresUrl: string | undefined;
    /** Path of Temporal's time-skipping server; undefined when it was left out. */
    timeSkippingServer: string | undefined;
    /** What was left out, and why. */
    leftOut: Record<string, string>;
  }
}
