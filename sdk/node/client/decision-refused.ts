import type { Decided } from '../../authoring/decision.js';
import { type ErrorOptions, HeadraceError } from '../../authoring/errors.js';

/** A decision that does not count, with what was decided instead where something was. */
export class DecisionRefused extends HeadraceError {
  readonly decided: Decided | undefined;

  constructor(message: string, options: ErrorOptions & { decided?: Decided }) {
    super(message, options);
    this.decided = options.decided;
  }
}
