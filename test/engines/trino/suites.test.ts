import { afterAll, vi } from 'vitest';
import { furtherEngines } from '../../../activities/engines/further-engines.fixture.js';
import { closeEngines } from '../../../activities/engines/open-engine.js';
import { startTrino } from '../trino.js';

// Trino shares two cores with what asks it.
vi.setConfig({ testTimeout: 180_000 });

// The suites of extract_data, validate_quality and of hostile names hold Trino to what they hold every engine to.
const trino = await startTrino();
afterAll(async () => {
  await closeEngines();
  await trino.stop();
});
furtherEngines.trino = { kind: 'trino', url: trino.url, user: 'headrace', catalog: 'memory' };
await import('../../../activities/extract/extract-data.test.js');
await import('../../../activities/quality/validate-quality.test.js');
await import('../../../activities/load/hostile-names.test.js');
