import { join } from 'node:path';
import * as z from 'zod';
import type { Connection, StepContext } from '../../sdk/node/index.js';
import { guardedFetch } from '../http/guarded-fetch.js';
import { below } from '../http/source-url.js';
import { deliveryId } from '../notify/deliver.js';
import { linesOf } from './lines-of.js';
import type { OutgoingRows } from './outgoing-rows.js';
import type { Exported } from './steps.js';
import type { HttpTarget } from './target.js';

type To = z.output<typeof HttpTarget>;

const Progress = z.object({ batches: z.number().int(), rows: z.number().int(), bytes: z.number().int() });

/**
 * Sends the rows in batches. Their order is the same in every attempt, and so are a batch's content and Idempotency-Key: a retry goes on
 * behind the last batch that was answered, and a server that heeds the key takes none twice.
 */
export async function exportToHttp(rows: OutgoingRows, to: To, context: StepContext): Promise<Exported> {
  const connection = context.connection(to.http, 'http');
  const file = join(rows.folder, 'rows.jsonl');
  await rows.write(file, 'jsonl', 'steady');
  const resumed = Progress.safeParse(context.resumed);
  const sent = resumed.success ? resumed.data : { batches: 0, rows: 0, bytes: 0 };
  let batch = 0;
  for await (const lines of batches(file, to.batch)) {
    batch += 1;
    if (batch <= sent.batches) continue;
    const body = to.field === undefined ? `[${lines.join(',')}]` : `{${JSON.stringify(to.field)}:[${lines.join(',')}]}`;
    await post(body, batch, to, connection, context);
    Object.assign(sent, { batches: batch, rows: sent.rows + lines.length, bytes: sent.bytes + Buffer.byteLength(body) });
    context.heartbeat({ ...sent });
  }
  return { rows: sent.rows, bytes: sent.bytes, location: `${to.http}:${to.path}` };
}

/** Records stay the text that the engine wrote, so that no long number is rounded. */
async function* batches(file: string, size: number): AsyncGenerator<string[]> {
  let lines: string[] = [];
  for await (const line of linesOf(file)) {
    lines.push(line);
    if (lines.length < size) continue;
    yield lines;
    lines = [];
  }
  if (lines.length > 0) yield lines;
}

async function post(body: string, batch: number, to: To, connection: Connection & { kind: 'http' }, context: StepContext): Promise<void> {
  await guardedFetch({
    url: below(connection.url, to.path),
    method: to.method,
    headers: { 'content-type': 'application/json', ...connection.headers, 'idempotency-key': deliveryId(context, `${to.http}:${batch}`) },
    body,
    privateAddresses: connection.privateAddresses,
    name: `${to.method} ${to.http}:${to.path} (batch ${batch})`,
    secrets: Object.values(connection.headers).flatMap((value) => [value, ...value.split(' ')]),
    signal: context.signal,
  });
}
