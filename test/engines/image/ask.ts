import { request } from 'node:http';

interface Answered {
  status: number;
  body: Record<string, unknown>;
}

/** Asks an API on this machine under the name of a service, as a request from elsewhere has it; with a body it is a POST. */
export function ask(port: number, path: string, headers: Record<string, string> = {}, body?: unknown): Promise<Answered> {
  const method = body === undefined ? 'GET' : 'POST';
  return new Promise((resolve, reject) => {
    const sent = request({ port, path, method, headers: { host: 'headrace-api.default', 'content-type': 'application/json', ...headers } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) as Answered['body'] }));
    });
    sent.once('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
