import { defineConfig } from 'vitest/config';
import base, { long } from './vitest.config.js';

/** `npm run test:engines -- long`: on the servers of `npm test`. */
export default defineConfig({ ...base, test: { ...base.test, include: long, exclude: [], typecheck: { enabled: false } } });
