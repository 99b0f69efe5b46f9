import type { DecisionSigner } from '../../sdk/node/client/sign-decision.js';
import type { EncryptionSettings } from '../../sdk/node/encryption/read-key-ring.js';
import { openWorkshop, type Workshop } from '../../sdk/node/fixtures/workshop.fixture.js';
import { Authenticator } from '../auth/index.js';
import { type Issuer, makeIssuer } from '../auth/issuer.fixture.js';
import { newSigner } from '../auth/signer.fixture.js';
import { type RunRecord, recordingInterceptor } from '../events/index.js';
import { openRecord } from '../events/run-record.fixture.js';
import type { RegistryPlace } from '../registry/registry.fixture.js';
import { asker } from './client.fixture.js';
import { type Api, startApi } from './index.js';
import type { RequestLimits } from './request-limits.js';

/** An API with authentication, and what it takes to ask it. */
export interface Secured {
  workshop: Workshop;
  record: RunRecord;
  api: Api;
  issuer: Issuer;
  adminKey: string;
  signer: DecisionSigner;
  /** Asks with a key or token. */
  as(secret: string): ReturnType<typeof asker>;
  close(): Promise<void>;
}

export async function openSecured(
  temporal: { address: string; namespace: string },
  encryption?: EncryptionSettings,
  limits?: Partial<RequestLimits>,
  registry?: RegistryPlace,
): Promise<Secured> {
  const { signer, trusted } = newSigner();
  const keys = { decisionKeys: [trusted], encryption: encryption?.ring };
  const workshop = await openWorkshop(temporal, keys);
  const { record, remove } = await openRecord({ ...temporal, taskQueue: workshop.taskQueue, encryption: encryption?.ring }, [], registry);
  await workshop.startWorker({ ...keys, interceptors: { activity: [recordingInterceptor(record)] } });
  const issuer = await makeIssuer();
  const adminKey = 'an-admin-key-of-32-characters-or-more';
  const authenticator = new Authenticator({ adminKey, tokens: issuer.settings, signer }, async () => (await record.registry()).database);
  const settings = { port: 0, host: '0.0.0.0', authenticator, encryption, limits, uiUrl: 'http://127.0.0.1:8233' };
  const api = await startApi({ client: workshop.client, catalogue: workshop.catalogue, record, ...settings });
  const url = api.url.replace('0.0.0.0', '127.0.0.1');
  const close = async () => {
    await api.stop();
    await remove();
    await workshop.close();
    issuer.remove();
  };
  return { workshop, record, api, issuer, adminKey, signer, as: (secret) => asker(url, { authorization: `Bearer ${secret}` }), close };
}
