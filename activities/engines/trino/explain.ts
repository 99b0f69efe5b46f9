import type { Statement } from '../engine.js';
import type { TrinoSession } from './session.js';

/** Lets Trino check a statement without running it. @throws ValidationError, PermissionDeniedError: what is wrong, in lines of the statement's own text */
export async function checkStatement(session: TrinoSession, statement: Statement): Promise<void> {
  await session.all(`EXPLAIN (TYPE VALIDATE) ${session.compose(statement)}`);
}
