/** Tests of pipelines: run in the real sandbox and on a real server, with steps replaced, approvals answered in code and time skipped. */
export { type Reply } from './reply.js';
export { replay } from './replay.js';
export { replace, type Replacement } from './replace.js';
export { saveHistory } from './history-file.js';
export { type TestCall, type TestResult } from './test-result.js';
export { TestBed, testBed, type TestBedOptions } from './test-bed.js';
export { type TestPlan, TestRun } from './test-run.js';
export { type TestServerOptions } from './test-server.js';
