/** What a statement gave, or how it failed. */
export interface TrinoAnswer {
  id: string;
  rows: unknown[][];
}

interface Page {
  id: string;
  nextUri?: string;
  data?: unknown[][];
  error?: { errorName: string; message: string };
}

/** Asks Trino by its plain protocol, as a witness of what the product does to it. Rejects with the error's name and message. @param limit milliseconds */
export async function askTrino(url: string, statement: string, user = 'headrace', limit = 120_000): Promise<TrinoAnswer> {
  const options = { headers: { 'X-Trino-User': user, 'X-Trino-Source': 'witness' }, signal: AbortSignal.timeout(limit) };
  let page = await read(await fetch(`${url}/v1/statement`, { ...options, method: 'POST', body: statement }));
  const rows = [...(page.data ?? [])];
  while (page.nextUri !== undefined) {
    page = await read(await fetch(page.nextUri, options));
    rows.push(...(page.data ?? []));
  }
  return { id: page.id, rows };
}

async function read(response: Response): Promise<Page> {
  const text = await response.text();
  if (!response.ok) throw new Error(`Trino answers ${response.status}: ${text.slice(0, 200)}`);
  const page = JSON.parse(text) as Page;
  if (page.error !== undefined) throw new Error(`${page.error.errorName}: ${page.error.message}`);
  return page;
}
