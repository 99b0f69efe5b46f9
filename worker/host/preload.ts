/**
 * Loaded once for all runs of a worker: zod, which is large, keeps no state of a run, and may not compile code in the sandbox.
 * Never sdk/sandbox, which does keep state.
 */
import { config, object } from 'zod';

config({ jitless: true });
// What is shared is frozen, and zod completes its settings with the first schema.
object({});
