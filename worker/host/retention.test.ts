import { expect, test } from 'vitest';
import { describeRetention } from './retention.js';

test('a retention that a weekend’s outage outlasts is told with what lengthens it, and no longer one is', () => {
  expect(describeRetention(24, 'pipelines')).toMatch(/^ended runs are kept for 24 hours: .*temporal operator namespace update -n pipelines --retention 72h/);
  for (const hours of [72, 720]) expect(describeRetention(hours, 'pipelines')).toBe(`ended runs are kept for ${hours} hours`);
});
