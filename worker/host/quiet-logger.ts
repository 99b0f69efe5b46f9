import { DefaultLogger } from '@temporalio/worker';

/** A logger for Temporal that prints nothing and keeps the errors, for those who make a sentence of them. */
export function quietLogger(): DefaultLogger & { errors: string[] } {
  const errors: string[] = [];
  const logger = new DefaultLogger('ERROR', ({ message }) => void errors.push(message));
  return Object.assign(logger, { errors });
}
