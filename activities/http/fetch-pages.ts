import { type FileHandle, open } from 'node:fs/promises';
import type * as z from 'zod';
import { ValidationError } from '../../sdk/index.js';
import type { Connection, StepContext } from '../../sdk/node/index.js';
import { parseExactly, writeExactly } from './exact-json.js';
import { type Answer, guardedFetch } from './guarded-fetch.js';
import { valueAt } from './json-pointer.js';
import { firstPage, nextPage } from './next-page.js';
import { HttpSource } from './source.js';
import { below } from './source-url.js';
import { unexpectedAnswer } from './unexpected-answer.js';

/** What a source gave. `bytes` is the size of the file that was written. */
export interface Fetched {
  pages: number;
  records: number;
  bytes: number;
}

const largestPage = 64 * 1_048_576;

/**
 * Reads all pages of an HTTP source and writes the records as JSON lines into a local file, one page in memory at a time.
 * An attempt begins at the first page and overwrites the file.
 *
 * @param toFile the path of the file, in a folder that exists
 * @throws ValidationError when an answer is not what the source says or there are more than `maxPages`, and what guardedFetch throws
 */
export async function fetchPages(
  source: z.input<typeof HttpSource>,
  toFile: string,
  context: Pick<StepContext, 'connection' | 'signal' | 'heartbeat'>,
): Promise<Fetched> {
  const file = await open(toFile, 'w');
  try {
    return await copyPages(HttpSource.parse(source), file, context);
  } finally {
    await file.close();
  }
}

async function copyPages(source: HttpSource, file: FileHandle, context: Pick<StepContext, 'connection' | 'signal' | 'heartbeat'>): Promise<Fetched> {
  const connection = context.connection(source.connection, 'http');
  const fetched = { pages: 0, records: 0, bytes: 0 };
  let url: URL | undefined = firstPage(below(connection.url, source.path, source.query), source.paging);
  while (url !== undefined) {
    if (fetched.pages === source.maxPages) throw tooMany(source);
    const answer: Answer = await ask(url, source, connection, context.signal);
    const document = parseAnswer(answer, source);
    const records = recordsOf(document, source);
    fetched.bytes += await writeLines(file, records);
    fetched.pages += 1;
    fetched.records += records.length;
    context.heartbeat({ ...fetched });
    url = nextPage({ url, answer, document, records: records.length, recordsSoFar: fetched.records }, source.paging);
  }
  return fetched;
}

function ask(url: URL, source: HttpSource, connection: Extract<Connection, { kind: 'http' }>, signal: AbortSignal): Promise<Answer> {
  return guardedFetch({
    url,
    headers: { accept: 'application/json', ...connection.headers },
    privateAddresses: connection.privateAddresses,
    name: nameOf(source),
    secrets: Object.values(connection.headers).flatMap((value) => [value, ...value.split(' ')]),
    signal,
    maxBytes: largestPage,
  });
}

function parseAnswer(answer: Answer, source: HttpSource): unknown {
  try {
    return parseExactly(answer.text);
  } catch {
    throw unexpectedAnswer(nameOf(source), answer, { where: source.connection });
  }
}

function recordsOf(document: unknown, source: HttpSource): object[] {
  const found = valueAt(document, source.records);
  const records: unknown[] = Array.isArray(found) ? found : found === null ? [] : [found];
  const wrong = records.findIndex((record) => typeof record !== 'object' || record === null || Array.isArray(record));
  if (wrong === -1) return records as object[];
  const at = Array.isArray(found) ? `Record ${wrong} at '${source.records}'` : `What is at '${source.records}'`;
  throw new ValidationError(`${at} of the answer to ${nameOf(source)} is not an object.`, { fix: "Let the source's `records` point at an array of objects." });
}

async function writeLines(file: FileHandle, records: object[]): Promise<number> {
  const lines = Buffer.from(records.map((record) => `${writeExactly(record)}\n`).join(''));
  await file.appendFile(lines);
  return lines.length;
}

function nameOf(source: HttpSource): string {
  return `GET ${source.connection}${source.path === '' ? '' : `:${source.path}`}`;
}

function tooMany(source: HttpSource): ValidationError {
  return new ValidationError(`${nameOf(source)} has more than ${source.maxPages} pages.`, { fix: "Narrow the query, or raise the source's maxPages." });
}
