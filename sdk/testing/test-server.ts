import type { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type { Temporal } from '../node/client/temporal.js';

/** A server under a test. */
export interface TestServer {
  readonly temporal: Temporal;
  readonly native: NativeConnection;
  readonly client: Client;
  readonly namespace: string;
  /** Whether `pass` takes no time. */
  readonly skipsTime: boolean;
  /** Milliseconds since the epoch, by the server's clock. */
  now(): Promise<number>;
  /** Lets time pass. */
  pass(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}
