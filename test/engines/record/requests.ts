import { setTimeout as wait } from 'node:timers/promises';

const patience = 240_000;
/** One that stands still does not answer. */
const oneAnswer = 8_000;

export interface Answer {
  status: number;
  body: unknown;
}

/** Asks one API after another until one of them answers with more than that it cannot serve now, as a caller behind a load balancer does. */
export async function ask(
  urls: readonly string[],
  path: string,
  { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  let last: unknown;
  for (const end = Date.now() + patience; Date.now() < end; await wait(300)) {
    for (const url of urls) {
      const answer = await askOne(url + path, body, headers).catch((error: Error) => error);
      if (!(answer instanceof Error) && answer.status < 500 && answer.status !== 429) return answer;
      last = answer;
    }
  }
  throw new Error(`No API answers ${path}: ${last instanceof Error ? last.message : JSON.stringify(last)}`);
}

async function askOne(url: string, body: unknown, headers: Record<string, string>): Promise<Answer> {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(oneAnswer),
  });
  return { status: response.status, body: await response.json() };
}
