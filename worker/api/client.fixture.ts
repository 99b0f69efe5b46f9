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
