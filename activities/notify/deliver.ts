import { createHash } from 'node:crypto';
import * as z from 'zod';
import { HeadraceError, Refused, RetryLater } from '../../sdk/index.js';
import type { Connection, StepContext } from '../../sdk/node/index.js';
import type { Delivery } from './delivery.js';
import { sendEmail } from './email.js';
import type { Notice } from './notice.js';
import { noticeEmail } from './notice-email.js';
import { triggerPagerDuty } from './pagerduty.js';
import { postToSlack, slackMessage } from './slack.js';
import { postToWebhook } from './webhook.js';

const Remembered = z.object({ delivered: z.array(z.string()) });

/**
 * Delivers a notice to every channel at once. Those that got it are remembered in the heartbeat, and a retry leaves them out.
 *
 * @returns the channels that have it
 * @throws after all were tried: Refused when no retry can help, RetryLater when a channel asks for patience, else HeadraceError
 */
export async function deliverToAll(notice: Notice, channels: string[], context: StepContext): Promise<string[]> {
  const earlier = Remembered.safeParse(context.resumed);
  const delivered = new Set(earlier.success ? earlier.data.delivered : []);
  const failures: [channel: string, error: unknown][] = [];
  const remember = () => context.heartbeat({ delivered: [...delivered] });
  remember();
  const left = channels.filter((channel) => !delivered.has(channel));
  await Promise.all(
    left.map(async (channel) => {
      try {
        await deliver(notice, context.connection(channel, 'console', 'slack', 'smtp', 'pagerduty', 'webhook'), {
          channel,
          id: deliveryId(context, channel),
          context,
        });
        delivered.add(channel);
        remember();
      } catch (error) {
        failures.push([channel, error]);
      }
    }),
  );
  context.signal.throwIfAborted();
  if (failures.length > 0) throw combine(failures);
  return channels;
}

/** The id of what a call sends through a channel: an idempotency key, the same through all retries. */
export function deliveryId(context: Pick<StepContext, 'key'>, channel: string): string {
  return createHash('sha256').update(`${context.key}\n${channel}`).digest('hex').slice(0, 40);
}

async function deliver(
  notice: Notice,
  connection: Connection & { kind: 'console' | 'slack' | 'smtp' | 'pagerduty' | 'webhook' },
  delivery: Delivery,
): Promise<void> {
  switch (connection.kind) {
    case 'console':
      return print(notice, delivery);
    case 'slack':
      return postToSlack(slackMessage(notice), connection, delivery);
    case 'smtp':
      return sendEmail(noticeEmail(notice), connection, delivery);
    case 'pagerduty':
      return triggerPagerDuty(notice, connection, delivery);
    case 'webhook':
      return postToWebhook(notice, connection, delivery);
  }
}

function print(notice: Notice, { context: { log } }: Delivery): void {
  const write = notice.severity === 'info' ? log.info.bind(log) : log.warn.bind(log);
  write(notice.text === '' ? notice.title : `${notice.title}: ${notice.text}`, { severity: notice.severity, url: notice.url, ...notice.facts });
}

function combine(failures: [channel: string, error: unknown][]): HeadraceError {
  const errors = failures.map(([, error]) => error);
  const message = failures.map(([channel, error]) => `${channel}: ${error instanceof Error ? error.message : String(error)}`).join('; ');
  const first = errors.find((error) => error instanceof HeadraceError);
  const options = { code: first?.code, fix: first?.fix, cause: errors[0] };
  const waits = errors.flatMap((error) => (error instanceof RetryLater ? [error.after] : []));
  if (errors.every((error) => error instanceof Refused)) return new Refused(message, options);
  return waits.length > 0 ? new RetryLater(message, { ...options, after: Math.max(...waits) }) : new HeadraceError(message, options);
}
