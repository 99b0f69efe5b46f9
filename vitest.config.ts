import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { ourNames } from './test/our-names.js';

/** Real processes that are killed and frozen take their time: `npm run test:engines -- faults`. */
export const faults = ['test/faults/**/*.test.ts', 'test/secrets/**/*.test.ts', 'activities/load/crash.test.ts'];

/** What takes minutes by itself, so that `npm test` takes no more than ten: `npm run test:engines -- long`. */
export const long = ['test/stories/backfill.test.ts', 'test/stories/bad-input.test.ts', 'test/package/**/*.test.ts', 'test/start/**/*.test.ts'];

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    // The package's own names lead to the sources, so that tests need no build.
    alias: Object.entries(ourNames).map(([name, path]) => ({ find: new RegExp(`^${name}$`), replacement: file(path) })),
  },
  test: {
    include: ['sdk', 'activities', 'workflows', 'worker', 'examples', 'test'].map((folder) => `${folder}/**/*.test.ts`),
    exclude: ['**/node_modules/**', 'dist/**', 'test/bench/**', 'test/engines/**', ...faults, ...long],
    globalSetup: ['test/servers/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 180_000,
    // CI shares its machine: what fails twice is broken, and what needed the second try is marked in the output.
    retry: process.env.CI === 'true' ? 1 : 0,
    typecheck: {
      enabled: true,
      include: ['**/*.test-d.ts'],
      tsconfig: 'tsconfig.json',
      ignoreSourceErrors: true, // `npm run check` reports those
    },
  },
});
