/** An answer of the API. */
export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into an answer as it comes over the wire
  body: any; // eslint-disable-line @typescript-eslint/no-explicit-any
}

/** Asks an API as a program would, with these headers in every request. */
export function asker(url: string, always: Record<string, string> = {}) {
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
    const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await fetch(url + path, { method, ...sent, headers: { ...type, ...always, ...headers } });
    const text = await answer.text();
    const isJson = /json/.test(answer.headers.get('content-type') ?? '');
    return { status: answer.status, headers: answer.headers, body: isJson ? (JSON.parse(text) as unknown) : text || undefined };
  };
  const runs = '/v1/pipelines/workflows';
  return {
    ask,
    get: (path: string) => ask('GET', path),
    post: (path: string, body?: unknown, headers?: Record<string, string>) => ask('POST', path, body, headers),
    status: async (workflowId: string) => (await ask('GET', `${runs}/${encodeURIComponent(workflowId)}/status`)).body,
    run: (workflowId: string) => `${runs}/${encodeURIComponent(workflowId)}`,
  };
}

/** One message of a stream. */
export interface StreamMessage {
  id: string;
  event: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into a message as it comes over the wire
  data: any; // eslint-disable-line @typescript-eslint/no-explicit-any
}

/** Listens to a stream. */
export async function listen(url: string, lastEventId?: string, always: Record<string, string> = {}) {
  const stop = new AbortController();
  const headers = { accept: 'text/event-stream', ...always, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) };
  const response = await fetch(url, { headers, signal: stop.signal });
  const messages: StreamMessage[] = [];
  const ended = response.body === null ? Promise.resolve(true) : gather(response.body, messages);
  /** Settles with whether the server ended it. */
  return { response, messages, ended, stop: () => stop.abort() };
}

async function gather(body: ReadableStream<Uint8Array>, messages: StreamMessage[]): Promise<boolean> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      messages.push(...blocks.flatMap(readBlock));
    }
    return true;
  } catch {
    return false;
  }
}

function readBlock(block: string): StreamMessage[] {
  const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
  const data = fields.get('data');
  return data === undefined ? [] : [{ id: fields.get('id') ?? '', event: fields.get('event'), data: JSON.parse(data) as unknown }];
}
