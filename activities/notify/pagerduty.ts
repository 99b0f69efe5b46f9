import type { Connection } from '../../sdk/node/index.js';
import { guardedFetch } from '../http/guarded-fetch.js';
import { objectIn, unexpectedAnswer } from '../http/unexpected-answer.js';
import type { Delivery } from './delivery.js';
import type { Notice } from './notice.js';

/** Triggers an alert by PagerDuty's Events API v2. The dedup_key keeps a repeat from being a second alert. */
export async function triggerPagerDuty(notice: Notice, connection: Connection & { kind: 'pagerduty' }, { channel, id, context }: Delivery): Promise<void> {
  const name = `PagerDuty (${channel})`;
  const answer = await guardedFetch({
    url: new URL(connection.url),
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event(notice, connection.routingKey, id)),
    privateAddresses: connection.privateAddresses,
    name,
    secrets: [connection.routingKey],
    signal: context.signal,
    timeout: 30_000,
  });
  if (objectIn(answer.text) === undefined) throw unexpectedAnswer(name, answer, { where: channel });
}

function event(notice: Notice, routingKey: string, dedupKey: string): object {
  return {
    routing_key: routingKey,
    event_action: 'trigger',
    dedup_key: dedupKey,
    client: 'Headrace',
    client_url: notice.url,
    links: notice.url === undefined ? [] : [{ href: notice.url, text: 'Look at it' }],
    payload: {
      summary: notice.title.slice(0, 1_024), // PagerDuty refuses a longer one
      source: String(notice.facts.workflowId),
      component: String(notice.facts.pipeline),
      class: notice.kind,
      severity: notice.severity,
      timestamp: notice.at,
      custom_details: { message: notice.text, ...notice.facts },
    },
  };
}
