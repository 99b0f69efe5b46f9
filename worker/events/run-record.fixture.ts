import type { AnyPipeline } from '../../sdk/authoring/pipeline.js';
import { connectTemporal } from '../../sdk/node/client/connect-temporal.js';
import type { KeyRing } from '../../sdk/node/encryption/key-ring.js';
import { embeddedPlace } from '../registry/registry.fixture.js';
import { RunRecord } from './index.js';

/** A record of the runs of one task queue, in an embedded registry that `remove` takes away. */
export async function openRecord(
  place: { address: string; namespace: string; taskQueue: string; encryption?: KeyRing },
  pipelines: readonly AnyPipeline[] = [],
): Promise<{ record: RunRecord; remove(): Promise<void> }> {
  const temporal = await connectTemporal(place);
  const registry = embeddedPlace();
  const record = new RunRecord({ temporal, registry: registry.settings, pipelines }).begin();
  const remove = async () => {
    await record.close();
    await temporal.close();
    await registry.remove();
  };
  return { record, remove };
}
