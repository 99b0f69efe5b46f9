import { Refused, ValidationError } from '../../sdk/index.js';
import type { StepContext } from '../../sdk/node/index.js';
import { fingerprint } from '../engines/temporary-table.js';
import type { FilledIcebergLoad, Load, Loaded } from './steps.js';

/** What the record says of a load that is published. */
export interface Published extends Counts {
  readonly declaration: string;
}

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

/** How many days it is known that there was a load, so that its undo after that is refused and not left out. */
export const knownDays = 365;

/** The key of a load in its run. */
export function loadKey(context: Pick<StepContext, 'workflowId' | 'runId'>, load: string): LoadKey {
  const text = `${context.workflowId}/${context.runId}/${load}`;
  return { text, short: fingerprint(text) };
}

/** What a load was declared to do, short. Where its rows come from is not part of it: an attempt may find them elsewhere. */
export function declarationOf({ from: _, ...load }: Load | FilledIcebergLoad): string {
  return fingerprint(JSON.stringify(load, Object.keys(load).concat('connection', 'table').sort()));
}

/**
 * What a load did, from its record.
 *
 * @throws ValidationError when the run used the load's name for something else: it would be left out silently
 */
export function countsOf({ rows, bytes, inserted, updated, deleted, declaration }: Published, load: Load | FilledIcebergLoad, key: LoadKey): Counts {
  if (declaration === declarationOf(load)) return { rows, bytes, inserted, updated, deleted };
  throw new ValidationError(`This run has already done another load with the name '${load.load}', which is to be unique in a run.`, {
    where: key.text,
    fix: 'Give each load of a run a name of its own, for instance with the partition in it.',
  });
}

/** The refusal of an attempt that comes after its load was undone. */
export function loadUndone(key: LoadKey): Refused {
  return new Refused(`The load ${key.text} was undone.`, { code: 'load_undone', where: key.text });
}

/** The refusal to undo a load on which another has built. */
export function builtUpon(key: LoadKey, later: string): Refused {
  return new Refused(`The load ${key.text} cannot be undone: the load ${later} has built on it since.`, {
    where: key.text,
    fix: 'Undo the later load first, or load the table again.',
  });
}

/** The refusal to undo a load whose kept rows were removed after their days. */
export function keptIsGone(key: LoadKey): Refused {
  return new Refused(`The load ${key.text} cannot be undone: what it replaced was kept for ${keptDays} days and is gone.`, {
    where: key.text,
    fix: 'Load the table again.',
  });
}
