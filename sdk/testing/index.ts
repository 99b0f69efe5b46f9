/** Tests of pipelines: run in the real sandbox and on a real server, with steps replaced, approvals answered in code and time skipped. */

export { saveHistory } from './history-file.js';
export type { TestServerOptions } from './open-server.js';
export { type Replacement, replace } from './replace.js';
export { replay } from './replay.js';
export type { Reply } from './reply.js';
export { TestBed, type TestBedOptions, testBed } from './test-bed.js';
export type { TestCall, TestResult } from './test-result.js';
export { type TestPlan, TestRun } from './test-run.js';
