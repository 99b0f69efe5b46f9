import { Webhook } from 'standardwebhooks';
import { HeadraceError } from '../../sdk/index.js';
import type { Connection } from '../../sdk/node/index.js';
import { guardedFetch } from '../http/guarded-fetch.js';
import type { Delivery } from './delivery.js';
import type { Notice } from './notice.js';

/** Posts a notice signed after Standard Webhooks. The webhook-id is the same through all retries. */
export async function postToWebhook(notice: Notice, connection: Connection & { kind: 'webhook' }, { channel, id, context }: Delivery): Promise<void> {
  const { kind, at, ...data } = notice;
  const body = JSON.stringify({ type: `headrace.${kind}`, timestamp: at, data });
  const sentAt = new Date();
  await guardedFetch({
    url: new URL(connection.url),
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': `msg_${id}`,
      'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
      'webhook-signature': signer(connection.secret, channel).sign(`msg_${id}`, sentAt, body),
    },
    body,
    privateAddresses: connection.privateAddresses,
    name: `Webhook (${channel})`,
    secrets: [connection.secret],
    signal: context.signal,
    timeout: 30_000,
  });
}

function signer(secret: string, channel: string): Webhook {
  try {
    return new Webhook(secret);
  } catch {
    throw new HeadraceError(`The secret of the connection '${channel}' is not base64.`, {
      code: 'bad_connection',
      where: channel,
      fix: 'Make one: echo "whsec_$(openssl rand -base64 32)".',
    });
  }
}
