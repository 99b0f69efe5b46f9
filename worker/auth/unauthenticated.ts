import { HeadraceError } from '../../sdk/authoring/errors.js';

/** Nobody, or nobody that is known. The answer is the same whatever it is that does not fit a key. */
export class Unauthenticated extends HeadraceError {
  constructor(
    message: string,
    /** Whether a key or token was sent. */
    readonly given: boolean,
  ) {
    super(message, { code: 'unauthenticated', where: 'Authorization' });
  }
}
