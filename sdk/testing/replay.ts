import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import { loadCatalogue } from '../../worker/cli/load-catalogue.js';
import { bundlePipelines } from '../../worker/host/bundle.js';
import { HeadraceError } from '../authoring/errors.js';
import { openAllPayloads } from '../node/encryption/payload.js';
import { type Encryption, ringOf } from '../node/encryption/read-key-ring.js';
import { readHistories, type SavedHistory } from './history-file.js';

/** What was replayed. */
export interface Replayed {
  workflowId: string;
  file: string;
}

/**
 * Replays saved histories against the pipelines of a folder as they are now. A run whose code has changed in a way that it cannot follow would stop
 * where it stands once that code is deployed.
 *
 * @param histories a file that `saveHistory` wrote, or a folder of them
 * @param folder the pipelines folder
 * @param encryption the keys of histories of encrypted runs; HEADRACE_ENCRYPTION_KEYS unless given
 * @returns the runs that replay
 * @throws HeadraceError history_changed, which names each run that does not; nothing_found where there is no history;
 *   missing_key where one is encrypted with a key that is not given
 */
export async function replay(histories: string | URL, { folder, encryption }: { folder: string | URL; encryption?: Encryption }): Promise<Replayed[]> {
  const saved = await readHistories(histories);
  if (saved.length === 0)
    throw new HeadraceError(`There is no history in ${String(histories)}.`, { code: 'nothing_found', fix: 'Write some with saveHistory.' });
  const ring = ringOf(encryption);
  for (const { history } of saved) openAllPayloads(ring, history);
  const catalogue = await loadCatalogue(typeof folder === 'string' ? folder : fileURLToPath(folder));
  const workflowBundle = await bundlePipelines(catalogue);
  const changed: string[] = [];
  for (const it of saved) {
    const reason = await whyNot(it, { workflowBundle });
    if (reason !== undefined) changed.push(`${it.workflowId} (${it.file}): ${reason}`);
  }
  if (changed.length > 0) throw new HeadraceError(`These runs no longer replay: ${changed.join('; ')}`, { code: 'history_changed', where: catalogue.folder });
  return saved.map(({ workflowId, file }) => ({ workflowId, file }));
}

async function whyNot({ workflowId, history }: SavedHistory, options: Parameters<typeof Worker.runReplayHistory>[0]): Promise<string | undefined> {
  try {
    await Worker.runReplayHistory(options, history, workflowId);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
