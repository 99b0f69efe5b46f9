import { CancellationScope, log } from '@temporalio/workflow';
import { at } from './place.js';
import { type RunState, untilFinished } from './run-state.js';

export type UndoResult = 'NONE' | 'DONE' | 'FAILED';

/**
 * Runs what is registered, last first, in a scope that cannot be cancelled. One that fails is loud, and the others are still run.
 */
export async function undoAll(run: RunState): Promise<UndoResult> {
  if (run.undos.length === 0) return 'NONE';
  run.record.undo('RUNNING');
  let result: UndoResult = 'DONE';
  for (let undo = run.undos.pop(); undo !== undefined; undo = run.undos.pop()) {
    if (!(await succeeds(run, undo))) result = 'FAILED';
  }
  run.record.undo(result);
  return result;
}

async function succeeds(run: RunState, undo: () => Promise<unknown>): Promise<boolean> {
  try {
    await CancellationScope.nonCancellable(() => at({ undo: true }, () => untilFinished(run, undo)));
    return true;
  } catch (error) {
    log.error('An undo failed: a person must look at what it left.', { error });
    return false;
  }
}
