import { ValidationError } from '../../../sdk/index.js';
import type { StepContext } from '../../../sdk/node/index.js';
import { withEngine } from '../../engines/open-engine.js';
import { TrinoEngine } from '../../engines/trino/trino-engine.js';
import { Lakehouse } from './lakehouse.js';

/** Opens a connection that must be Trino's. @throws ValidationError where it is another's */
export function openTrino<Result>(context: StepContext, connection: string, step: string, work: (lakehouse: Lakehouse) => Promise<Result>): Promise<Result> {
  return withEngine(context, connection, (engine) => {
    if (engine instanceof TrinoEngine) return work(new Lakehouse(engine));
    throw new ValidationError(`${step} cannot work on '${connection}', which is no Trino.`, { where: connection, fix: 'Name a trino connection.' });
  });
}
