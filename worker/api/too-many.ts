import { HeadraceError } from '../../sdk/authoring/errors.js';

/** More is asked than the API takes on. */
export class TooMany extends HeadraceError {
  /** When to ask again, in whole seconds. */
  readonly retryAfter: number;

  /** @param wait milliseconds */
  constructor(message: string, wait = 1_000) {
    super(message, { code: 'too_many_requests' });
    this.retryAfter = Math.max(1, Math.ceil(wait / 1_000));
  }
}
