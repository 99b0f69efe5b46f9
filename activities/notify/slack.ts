import type { Connection } from '../../sdk/node/index.js';
import { guardedFetch } from '../http/guarded-fetch.js';
import { unexpectedAnswer } from '../http/unexpected-answer.js';
import type { Delivery } from './delivery.js';
import { type Notice, shownFacts } from './notice.js';

/** The body of an incoming webhook: `text` is what a notification on a phone shows. */
export interface SlackMessage {
  text: string;
  blocks: object[];
}

/** Slack's limits (Block Kit reference): characters of a header and of a section, fields of a section and their characters. */
const limits = { header: 150, section: 3_000, fields: 10, field: 2_000 };

/** A notice as a Slack message. */
export function slackMessage(notice: Notice): SlackMessage {
  const facts = shownFacts(notice).slice(0, limits.fields);
  const link = notice.url === undefined ? [] : [section(`<${new URL(notice.url).href.replaceAll('|', '%7C')}|Look at it>`)];
  return {
    text: escapeSlack(`${notice.title}${notice.text === '' ? '' : `\n${notice.text}`}`).slice(0, limits.section),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: notice.title.slice(0, limits.header) } },
      ...(notice.text === '' ? [] : [section(escapeSlack(notice.text).slice(0, limits.section))]),
      {
        type: 'section',
        fields: facts.map(([label, value]) => ({ type: 'mrkdwn', text: `*${escapeSlack(label)}*\n${escapeSlack(value)}`.slice(0, limits.field) })),
      },
      ...link,
    ],
  };
}

/** A block of marked-down text, which must be escaped. */
export function section(text: string): object {
  return { type: 'section', text: { type: 'mrkdwn', text } };
}

/** Text that Slack takes as it is: no link, no mention of a channel. */
export function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Posts to an incoming webhook. Slack knows no idempotency key: an attempt that dies after Slack took the message may send it twice. */
export async function postToSlack(
  message: SlackMessage,
  connection: Connection & { kind: 'slack' },
  { channel, context }: Pick<Delivery, 'channel' | 'context'>,
): Promise<void> {
  const url = new URL(connection.webhook);
  const name = `Slack (${channel})`;
  const answer = await guardedFetch({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(message),
    privateAddresses: connection.privateAddresses,
    name,
    secrets: [connection.webhook, url.pathname],
    signal: context.signal,
    timeout: 30_000,
  });
  // Slack says 'ok'. A login page of a proxy is no delivery.
  if (answer.text.trimStart().startsWith('<')) throw unexpectedAnswer(name, answer, { where: channel });
}
