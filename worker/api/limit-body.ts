import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HeadraceError } from '../../sdk/authoring/errors.js';

/** Milliseconds and bytes for what is left of a body that is too large. */
const patience = 5_000;
const readAtMost = 64 * 2 ** 20;

/**
 * Refuses bodies beyond a size.
 *
 * @param most bytes
 * @param what is too large, as a sentence begins
 */
export function limitBody(most: number, what: string): MiddlewareHandler {
  return bodyLimit({
    maxSize: most,
    onError: async ({ req, env }) => {
      if (!(await readOut(req.raw.body))) (env as HttpBindings).outgoing.shouldKeepAlive = false;
      throw new HeadraceError(`${what} more than ${most.toLocaleString('en')} bytes.`, { code: 'payload_too_large', where: 'body' });
    },
  });
}

/** Reads the rest of a body and forgets it: who still sends would else meet a closed connection, and not the answer. @returns whether it came to its end */
async function readOut(body: ReadableStream<Uint8Array> | null): Promise<boolean> {
  if (body === null || body.locked) return false;
  const reader = body.getReader();
  const late = setTimeout(() => reader.releaseLock(), patience);
  try {
    for (let bytes = 0; bytes <= readAtMost; ) {
      const { done, value } = await reader.read();
      if (done) return true;
      bytes += value.length;
    }
    return false;
  } catch {
    return false;
  } finally {
    clearTimeout(late);
  }
}
