import { randomUUID } from 'node:crypto';

/**
 * JSON whose long numbers come out as they went in. JSON.parse rounds numbers of more than 15 digits, such as 64-bit ids, to the nearest double:
 * here they are marked strings while the document is handled, and numbers again when it is written.
 */
const mark = `${randomUUID()}:`; // no server can guess it, and so none can write what looks like a marked number
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;
const marked = new RegExp(`"${mark}([^"]*)"`, 'g');

/** @throws SyntaxError when the text is not JSON */
export function parseExactly(text: string): unknown {
  if (!/\d[\d.]{15}/.test(text)) return JSON.parse(text);
  JSON.parse(text); // what marking would hide, such as 01234567890123456, is refused
  return JSON.parse(text.replace(tokens, (token) => (token.startsWith('"') || token.length < 16 ? token : JSON.stringify(mark + token))));
}

/** A parsed value as JSON on one line. */
export function writeExactly(value: unknown): string {
  return JSON.stringify(value).replace(marked, '$1');
}

/** A parsed text or number as a word, for a URL; anything else is undefined. */
export function wordOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.startsWith(mark) ? value.slice(mark.length) : value;
  return typeof value === 'number' ? String(value) : undefined;
}
