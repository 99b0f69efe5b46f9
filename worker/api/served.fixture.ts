import { inject } from 'vitest';
import { openWorkshop, type Workshop } from '../../sdk/node/fixtures/workshop.fixture.js';
import { recordingInterceptor } from '../events/index.js';
import { openRecord } from '../events/run-record.fixture.js';
import { asker } from './client.fixture.js';
import { type Api, type ApiSettings, startApi } from './index.js';

/** An API for the workshop's pipelines, with a worker and a record of its own. */
export interface Served {
  workshop: Workshop;
  recording: Awaited<ReturnType<typeof openRecord>>;
  api: Api;
  http: ReturnType<typeof asker>;
  close(): Promise<void>;
}

export async function serve(settings: Partial<ApiSettings> = {}): Promise<Served> {
  const workshop = await openWorkshop(inject('temporal'));
  const recording = await openRecord({ ...inject('temporal'), taskQueue: workshop.taskQueue });
  await recording.record.registry();
  await workshop.startWorker({ interceptors: { activity: [recordingInterceptor(recording.record)] } });
  const api = await startApi({ client: workshop.client, catalogue: workshop.catalogue, record: recording.record, port: 0, ...settings });
  const close = async () => {
    await api.stop();
    await recording.remove();
    await workshop.close();
  };
  return { workshop, recording, api, http: asker(api.url), close };
}
