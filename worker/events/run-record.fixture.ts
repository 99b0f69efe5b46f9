import type { AnyPipeline } from '../../sdk/authoring/pipeline.js';
import { connectTemporal } from '../../sdk/node/client/connect-temporal.js';
import type { KeyRing } from '../../sdk/node/encryption/key-ring.js';
import { embeddedPlace, type RegistryPlace } from '../registry/registry.fixture.js';
import { RunRecord } from './index.js';

/** A record of the runs of one task queue, in a registry that `remove` takes away: an embedded one unless given. */
export async function openRecord(
  place: { address: string; namespace: string; taskQueue: string; encryption?: KeyRing },
  pipelines: readonly AnyPipeline[] = [],
  registry: RegistryPlace = embeddedPlace(),
): Promise<{ record: RunRecord; remove(): Promise<void> }> {
  const temporal = await connectTemporal(place);
  const record = new RunRecord({ temporal, registry: registry.settings, pipelines }).begin();
  const remove = async () => {
    await record.close();
    await temporal.close();
    await registry.remove();
  };
  return { record, remove };
}
