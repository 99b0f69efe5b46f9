import { ValidationError } from '../../sdk/index.js';
import { wordOf } from './exact-json.js';
import type { Answer } from './guarded-fetch.js';
import { valueAt } from './json-pointer.js';
import type { Paging } from './source.js';
import { following } from './source-url.js';

/** A page that was read. */
export interface Page {
  url: URL;
  answer: Answer;
  document: unknown;
  records: number;
  /** Records of the pages so far, this one included. */
  recordsSoFar: number;
}

/** The first page's URL. */
export function firstPage(url: URL, paging: Paging | undefined): URL {
  if (paging?.by === 'page')
    return withParameters(url, { [paging.parameter]: paging.first, ...(paging.size && { [paging.size.parameter]: paging.size.size }) });
  if (paging?.by === 'offset') return withParameters(url, { [paging.parameter]: 0, ...(paging.limit && { [paging.limit.parameter]: paging.limit.size }) });
  return url;
}

/** The URL of the page after this one, or undefined after the last. @throws ValidationError when the server gives the same page again */
export function nextPage(page: Page, paging: Paging | undefined): URL | undefined {
  const next = paging === undefined ? undefined : find(page, paging);
  if (next?.href !== page.url.href) return next;
  throw new ValidationError(`The page ${page.url.pathname} names itself as the next one.`, { fix: "Correct the source's paging." });
}

function find(page: Page, paging: Paging): URL | undefined {
  if (paging.by === 'link') return linked(page.url, linkNext(page.answer.headers.link));
  if (paging.by === 'next_url') return linked(page.url, wordOf(valueAt(page.document, paging.at)));
  if (paging.by === 'cursor') {
    const cursor = wordOf(valueAt(page.document, paging.at)) ?? '';
    return cursor === '' ? undefined : withParameters(page.url, { [paging.parameter]: cursor });
  }
  if (paging.by === 'page') return numbered(page, paging);
  const total = numberAt(page, paging.total);
  return page.records === 0 || page.recordsSoFar >= total ? undefined : withParameters(page.url, { [paging.parameter]: page.recordsSoFar });
}

function numbered(page: Page, paging: Paging & { by: 'page' }): URL | undefined {
  const number = Number(page.url.searchParams.get(paging.parameter));
  return page.records === 0 || number >= numberAt(page, paging.last) ? undefined : withParameters(page.url, { [paging.parameter]: number + 1 });
}

function numberAt(page: Page, pointer: string | undefined): number {
  if (pointer === undefined) return Number.POSITIVE_INFINITY;
  const value = valueAt(page.document, pointer);
  if (typeof value === 'number') return value;
  throw new ValidationError(`There is no number at '${pointer}' in the answer.`, { fix: "Correct the source's paging." });
}

function linked(current: URL, next: string | undefined): URL | undefined {
  return next === undefined || next === '' ? undefined : following(current, next);
}

/** The target of rel="next" in a Link header (RFC 8288 §3). */
function linkNext(header: string | string[] | undefined): string | undefined {
  const links = [header ?? []]
    .flat()
    .join(',')
    .matchAll(/<([^>]*)>((?:\s*;\s*[^\s=;,]+(?:\s*=\s*(?:"[^"]*"|[^";,]*))?)*)/g);
  for (const [, target, parameters] of links) {
    const relations = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s";,]+))/i.exec(parameters ?? '');
    if ((relations?.[1] ?? relations?.[2] ?? '').toLowerCase().split(/\s+/).includes('next')) return target;
  }
  return undefined;
}

function withParameters(url: URL, parameters: Record<string, string | number>): URL {
  const changed = new URL(url);
  for (const [name, value] of Object.entries(parameters)) changed.searchParams.set(name, String(value));
  return changed;
}
