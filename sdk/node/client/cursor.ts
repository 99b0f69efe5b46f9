import { createHash } from 'node:crypto';
import { HeadraceError } from '../../authoring/errors.js';

/** Temporal's place in a list as text, with a sum over it and the query: another query's, or a damaged one, is noticed. */
export function writeCursor(token: Uint8Array, query: string): string {
  return `${sum(token, query)}${Buffer.from(token).toString('base64url')}`;
}

/** @throws HeadraceError bad_request; Temporal itself would try ten seconds long to make sense of it */
export function readCursor(cursor: string, query: string): Buffer {
  const token = Buffer.from(cursor.slice(sumLength), 'base64url');
  if (writeCursor(token, query) === cursor) return token;
  throw new HeadraceError('This cursor does not belong to this list.', {
    code: 'bad_request',
    where: 'cursor',
    fix: 'Send the cursor of the page before as it is, with the same filter.',
  });
}

const sumLength = 8;

function sum(token: Uint8Array, query: string): string {
  return createHash('sha256').update(query).update('\0').update(token).digest('hex').slice(0, sumLength);
}
