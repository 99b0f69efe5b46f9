import { defineConfig } from 'vitest/config';
import base, { faults } from './vitest.config.js';

/** `npm run test:engines -- faults`: on the servers of `npm test`. */
export default defineConfig({ ...base, test: { ...base.test, include: faults, exclude: [], typecheck: { enabled: false } } });
