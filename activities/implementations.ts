import type { Implementations } from '../sdk/node/implement.js';

/** The work of every built-in step. */
export const implementations: readonly Implementations[] = [];
