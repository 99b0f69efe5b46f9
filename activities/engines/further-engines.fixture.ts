import type { stepContext } from '../step-context.fixture.js';

/** Connections that the suites of steps are to be held to beside their own: a group of `npm run test:engines` adds its engine, then imports the suites. */
export const furtherEngines: NonNullable<Parameters<typeof stepContext>[0]> = {};
