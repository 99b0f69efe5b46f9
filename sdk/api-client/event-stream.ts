import { ApiError } from './api-error.js';

/** One message of a stream. */
export interface StreamMessage<Data> {
  /** Where the stream goes on after this message, also in another process: `lastEventId`. */
  id: string;
  data: Data;
}

/** How a stream is followed. */
export interface FollowOptions {
  /** Ends the stream; the iterator is then done. */
  signal?: AbortSignal;
  /** Goes on after this message. */
  lastEventId?: string;
  /** Is told when the connection was lost, before it is made again. */
  onLost?: (error: ApiError) => void;
}

/** Asks for a stream; undefined where the API says that it is over. */
export type OpenStream = (lastEventId: string | undefined, signal: AbortSignal) => Promise<ReadableStream<Uint8Array> | undefined>;

/** The API sends something every 15 seconds: after three times that there is nobody. */
const silence = 45_000;
const shortestWait = 500;
const longestWait = 15_000;

/**
 * The messages of a stream, once each. A lost connection is made again and goes on after the last message, until the API says that the stream is over.
 *
 * @throws ApiError when the first connection fails, or a later one for good
 */
export async function* follow<Data>(open: OpenStream, { signal, lastEventId, onLost }: FollowOptions): AsyncGenerator<StreamMessage<Data>, void> {
  const stopped = () => signal?.aborted === true;
  let last = lastEventId;
  let wait = 0;
  for (let state: 'new' | 'connected' | 'lost' = 'new'; !stopped(); ) {
    const quiet = new Quiet(silence, signal);
    try {
      const body = await open(last, quiet.signal);
      if (body === undefined) return;
      state = 'connected';
      wait = 0;
      for await (const { id, data } of readMessages(body, quiet)) {
        last = id ?? last;
        if (data !== undefined) yield { id: last ?? '', data: JSON.parse(data) as Data };
      }
    } catch (error) {
      if (stopped()) return;
      const lost = error instanceof ApiError ? error : new ApiError('The stream was interrupted.', { cause: error });
      if (state === 'new' || !lost.passes) throw lost;
      if (state === 'connected') onLost?.(lost);
      state = 'lost';
    } finally {
      quiet.end();
    }
    wait = Math.min(Math.max(shortestWait, wait * 2), longestWait);
    await pause(wait, signal);
  }
}

/** Aborts what is silent for too long. */
class Quiet {
  private readonly over = new AbortController();
  readonly signal: AbortSignal;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly limit: number,
    signal: AbortSignal | undefined,
  ) {
    this.signal = AbortSignal.any([this.over.signal, ...(signal === undefined ? [] : [signal])]);
    this.heard();
  }

  heard(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.over.abort(new DOMException('Nothing came for too long.', 'TimeoutError')), this.limit);
  }

  end(): void {
    clearTimeout(this.timer);
    this.over.abort();
  }
}

interface RawMessage {
  id?: string;
  data?: string;
}

/** Server-sent events as the API writes them: a message that has no data moves the position on. */
async function* readMessages(body: ReadableStream<Uint8Array>, quiet: Quiet): AsyncGenerator<RawMessage, void> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    quiet.heard();
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) yield Object.fromEntries(block.split('\n').flatMap(readField));
  }
}

function readField(line: string): [string, string][] {
  const field = /^(id|data): ?(.*)$/s.exec(line);
  return field === null ? [] : [[field[1] as string, field[2] as string]];
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener('abort', done);
    if (signal?.aborted === true) done();
  });
}
