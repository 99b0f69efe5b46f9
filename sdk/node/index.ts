/** The Node side of the SDK: how steps are done, and a client. Never imported by a pipeline's module. */
export { Connections } from './connections/connections.js';
export { Connection } from './connections/kinds.js';
export { type Implementations, implement, type Work } from './implement.js';
export type { StepContext } from './step-context.js';
