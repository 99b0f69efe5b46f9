import type { Trino } from 'trino-client';
import type { Page } from './page.js';
import { type Reach, read, send } from './transport.js';

/** What axios gives to an adapter, as far as trino-client fills it. */
interface AdapterConfig {
  readonly url: string;
  readonly method: string;
  readonly headers: { toJSON(): Record<string, string> };
  readonly data?: string;
}

/**
 * Gives a client our transport. trino-client has no way to choose one, but hands its private settings to axios, which has: an `adapter`.
 * With it every request has the step's signal, a time-out and retries, every page is seen, also those that its iterator swallows, and integers keep their digits.
 *
 * @param login who asks, as of the moment: a token may be rotated while a statement runs
 */
export function plug(trino: Trino, reach: Reach, login: () => { Authorization?: string }, seen: (page: Page) => void): Trino {
  const settings = (trino as unknown as { client?: { clientConfig?: Record<string, unknown> } }).client?.clientConfig;
  if (settings === undefined) throw new TypeError('trino-client is not the one that this was written for: 0.2.9.');
  settings.adapter = async (config: AdapterConfig) => {
    const { url, method, data: body } = config;
    const reply = await send(reach, { method: method.toUpperCase(), url, headers: { ...headersOf(config), ...login() }, body });
    const data = read<Page>(reply, reach, 'id');
    seen(data);
    return { data, status: reply.status, statusText: '', headers: reply.headers, config };
  };
  return trino;
}

function headersOf({ headers }: AdapterConfig): Record<string, string> {
  const { 'Content-Type': _, ...own } = headers.toJSON();
  return own;
}
