import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTemporal, type TemporalServer } from '../../worker/dev/temporal-server.js';

/** A tuned Temporal dev server with a state folder of its own, which stop() removes. */
export async function startTestTemporal(): Promise<TemporalServer & { folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-temporal-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const server = await startTemporal({ stateFolder: folder });
    return { ...server, folder, stop: () => server.stop().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }
}
