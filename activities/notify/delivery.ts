import type { StepContext } from '../../sdk/node/index.js';

/** What one delivery knows beside its message. */
export interface Delivery {
  /** The connection's name. */
  channel: string;
  /** The same through all retries, so that a receiver can tell a repeat. */
  id: string;
  context: Pick<StepContext, 'signal' | 'log' | 'pipeline' | 'workflowId'>;
}
