import { readFileSync } from 'node:fs';
import { HeadraceError } from '../../sdk/authoring/errors.js';

/**
 * A JSON value from the command line: as JSON, from a file (`@input.json`), or as pairs (`day=2001-01-02 limit=5`).
 *
 * @throws HeadraceError bad_declaration or unreadable_file
 */
export function readInput(words: readonly string[]): unknown {
  const [first] = words;
  if (first === undefined) return {};
  if (first.startsWith('@')) return parseJson(readText(first.slice(1)), first);
  if (/^\s*[[{"]/.test(first)) return parseJson(words.join(' '), 'the input');
  return Object.fromEntries(words.map(readPair));
}

/** @throws HeadraceError unreadable_file */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new HeadraceError(`${file} cannot be read: ${(error as Error).message}`, { code: 'unreadable_file', where: file });
  }
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HeadraceError(`${what} is not JSON: ${(error as Error).message}`, {
      code: 'bad_declaration',
      fix: `Write '{"day":"2001-01-02"}', day=2001-01-02 or @file.json.`,
    });
  }
}

function readPair(word: string): [string, unknown] {
  const at = word.indexOf('=');
  if (at < 1)
    throw new HeadraceError(`'${word}' is neither JSON nor name=value.`, {
      code: 'bad_declaration',
      fix: `Write '{"day":"2001-01-02"}', day=2001-01-02 or @file.json.`,
    });
  const text = word.slice(at + 1);
  return [word.slice(0, at), /^(true|false|null|[[{].*)$/s.test(text) || isNumber(text) ? parseJson(text, word) : text];
}

/** What a number would not keep stays text: 007, and an id of more digits than a number has. */
function isNumber(text: string): boolean {
  return /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) && Math.abs(Number(text)) <= Number.MAX_SAFE_INTEGER;
}
