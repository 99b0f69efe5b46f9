import { inject } from 'vitest';
import { type TestBed, type TestBedOptions, testBed } from './test-bed.js';

/** Temporal's test server where the run of the tests has it. */
export const timeSkipping = inject('timeSkippingServer');

/** A bed on the server that the test run shares: a real one. */
export function realBed(folder: URL, options: TestBedOptions = {}): Promise<TestBed> {
  const { address, namespace } = inject('temporal');
  return testBed(folder, { ...options, server: { address, namespace } });
}

/** A bed on which time skips; call it only where `timeSkipping` is there. */
export function skippingBed(folder: URL, options: TestBedOptions = {}): Promise<TestBed> {
  return testBed(folder, { ...options, server: { timeSkipping: timeSkipping as string } });
}
