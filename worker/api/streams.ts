import type { Context } from 'hono';
import type { Kysely } from 'kysely';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import type { Principal } from '../auth/principal.js';
import { EventFeed } from '../events/event-feed.js';
import { LogFeed } from '../events/log-feed.js';
import type { Database } from '../registry/database.js';
import type { RequestLimits } from './request-limits.js';

/** What a stream sends, page by page: messages in the form of server-sent events. It ends when it has nothing more to say, or at the signal. */
export type Messages = (signal: AbortSignal) => AsyncGenerator<string, void>;

const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' };
/** What a client waits before it asks again with Last-Event-ID. */
const retry = 'retry: 1000\n\n';

/** Milliseconds after which a stream ends, so that its client comes again with a login that is still good, and goes on where it was. */
const usualLongest = 300_000;

/** What streams read from. */
interface Feeds {
  events: EventFeed;
  logs: LogFeed;
}

/** The open streams of this process. A client that does not read is not read for: nothing is gathered for it. */
export class Streams {
  private readonly feeds = new Map<string, Feeds>();
  private readonly ending = new AbortController();
  private readonly open = new Map<string, number>();

  /**
   * @param read gives the registry as a tenant may read it
   * @param longest milliseconds that a stream lasts
   */
  constructor(
    private readonly read: (tenant: string) => Promise<Kysely<Database>>,
    private readonly limits: Pick<RequestLimits, 'streams' | 'streamsEach'>,
    private readonly longest = usualLongest,
  ) {}

  /** What a tenant's streams read from: nothing that is remembered for one is another's. */
  of({ tenant }: Pick<Principal, 'tenant'>): Feeds {
    const known = this.feeds.get(tenant);
    if (known !== undefined) return known;
    const open = () => this.read(tenant);
    const feeds = { events: new EventFeed(open), logs: new LogFeed(open) };
    this.feeds.set(tenant, feeds);
    return feeds;
  }

  /** @throws HeadraceError too_many_streams */
  start({ tenant, name }: Principal, messages: Messages): Response {
    const who = `${tenant} ${name}`;
    this.refuseMore(who, name);
    const left = new AbortController();
    const leave = () => {
      if (!left.signal.aborted) this.count(who, -1);
      clearTimeout(longest);
      left.abort();
    };
    // Its place is given back then also where nobody reads what is answered.
    const longest = setTimeout(leave, this.longest).unref();
    const pages = messages(AbortSignal.any([left.signal, this.ending.signal]));
    this.count(who, 1);
    return new Response(streamOf(pages, leave), { headers });
  }

  private refuseMore(who: string, name: string): void {
    const [all, own] = [[...this.open.values()].reduce((sum, count) => sum + count, 0), this.open.get(who) ?? 0];
    if (own >= this.limits.streamsEach) throw new HeadraceError(`'${name}' has ${own} streams already, which is all for one.`, { code: 'too_many_streams' });
    if (all < this.limits.streams) return;
    throw new HeadraceError(`There are ${all} streams already, which is all that this API serves at once.`, { code: 'too_many_streams' });
  }

  private count(who: string, change: number): void {
    const count = (this.open.get(who) ?? 0) + change;
    if (count > 0) this.open.set(who, count);
    else this.open.delete(who);
  }

  /** Ends all streams: their clients come again, here or where else the API then is, and miss nothing. */
  close(): void {
    this.ending.abort();
    for (const { events, logs } of this.feeds.values()) {
      events.close();
      logs.close();
    }
  }
}

function streamOf(pages: AsyncGenerator<string, void>, leave: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(encoder.encode(retry)),
      pull: async (controller) => {
        try {
          const { done, value } = await pages.next();
          if (done !== true) return controller.enqueue(encoder.encode(value));
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        leave();
      },
      cancel: leave,
    },
    { highWaterMark: 0 },
  );
}

/** Whether the request wants a stream and not a page. */
export function wantsStream(c: Context): boolean {
  return c.req.method !== 'HEAD' && /\btext\/event-stream\b/.test(c.req.header('accept') ?? '');
}

/** What a client saw last. */
export interface LastSeen {
  /** Of an event in the outbox, or of a line in its log. */
  position: number;
  /** Of an event in its run, which is the same in a registry that was made anew. */
  sequence?: number;
}

/** What a client saw last, by the header with which browsers come again. @throws HeadraceError bad_request */
export function lastSeen(c: Context): LastSeen | undefined {
  const header = c.req.header('last-event-id');
  if (header === undefined || header === '') return undefined;
  const [, position, sequence] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(header) ?? [];
  if (position !== undefined) return { position: Number(position), sequence: sequence === undefined ? undefined : Number(sequence) };
  throw new HeadraceError(`'${header}' is the id of no event of this stream.`, { code: 'bad_request', where: 'Last-Event-ID' });
}

/** One message. JSON has no line breaks of its own. */
export function message(id: number | string, data: unknown, event?: string): string {
  return `id: ${id}\n${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`;
}

/** Keeps a silent connection open. With a number, the client goes on after it when it comes again, and not after the last message. */
export function heartbeat(id?: number): string {
  return `: still here\n${id === undefined ? '' : `id: ${id}\n`}\n`;
}

/** Milliseconds between two of them. */
export const heartbeatEvery = 15_000;
