import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

/** `npm run test:engines`: each file starts the servers that it needs, so nothing is shared and one file runs at a time. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/engines/**/*.test.ts'],
    exclude: [],
    globalSetup: [],
    typecheck: { enabled: false },
    fileParallelism: false,
    // A server is built or fetched by the first test that wants it.
    hookTimeout: 20 * 60_000,
    // What a test prints as it goes is read as it goes.
    disableConsoleIntercept: true,
  },
});
