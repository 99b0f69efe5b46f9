import { AsyncLocalStorage } from '@temporalio/workflow';
import type { StepPlace } from '../authoring/run-memo.js';

/** Where in the run a call is made, and the queue of a phase whose calls run one after another. */
export interface Place extends StepPlace {
  queue?: { last: Promise<unknown> };
}

const places = new AsyncLocalStorage<Place>();

/** Runs what is made inside at a place. */
export function at<Result>(place: Place, work: () => Promise<Result>): Promise<Result> {
  return places.run(place, work);
}

/** The place of the call that is being made. */
export function currentPlace(): Place {
  return places.getStore() ?? {};
}
