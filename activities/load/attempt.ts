import { Refused } from '../../sdk/index.js';
import type { StepContext } from '../../sdk/node/index.js';
import { fingerprint } from '../engines/temporary-table.js';
import type { Loaded } from './steps.js';

/** What a load did, without the table that its caller knows. */
export type Counts = Omit<Loaded, 'table'>;

/** A load's identity: its run and its name, never the call or the attempt (DESIGN §5.5). */
export interface LoadKey {
  readonly text: string;
  /** The same, short and fit for names. */
  readonly short: string;
}

/** How many days a load can be undone. */
export const keptDays = 14;

/** The key of a load in its run. */
export function loadKey(context: Pick<StepContext, 'workflowId' | 'runId'>, load: string): LoadKey {
  const text = `${context.workflowId}/${context.runId}/${load}`;
  return { text, short: fingerprint(text) };
}

/** The refusal of an attempt that comes after its load was undone. */
export function loadUndone(key: LoadKey): Refused {
  return new Refused(`The load ${key.text} was undone.`, { code: 'load_undone', where: key.text });
}

/** The refusal to undo a load on which another has built. */
export function builtUpon(key: LoadKey, later: string): Refused {
  return new Refused(`The load ${key.text} cannot be undone: the load ${later} has built on it since.`, { where: key.text, fix: 'Undo the later load first, or load the table again.' });
}

/** The refusal to undo a load whose kept rows were removed after their days. */
export function keptIsGone(key: LoadKey): Refused {
  return new Refused(`The load ${key.text} cannot be undone: what it replaced was kept for ${keptDays} days and is gone.`, { where: key.text, fix: 'Load the table again.' });
}
