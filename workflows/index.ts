/** The workflows that come ready to use, and what they are built of. */
export { backfill } from './backfill/backfill.js';
export { BackfillInput } from './backfill/input.js';
export { BackfillResult } from './backfill/result.js';
export { dataBackfill } from './data_backfill.js';
