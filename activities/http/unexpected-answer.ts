import { HeadraceError } from '../../sdk/index.js';

interface Said {
  readonly status: number;
  readonly text: string;
}

interface Told {
  /** The connection's name. */
  readonly where?: string | undefined;
  readonly fix?: string;
}

const fewLetters = 200;

/**
 * An answer that is none of the server that was asked: a proxy's page, a login form, or one that was cut short. It is tried again by the preset, and tells how it begins;
 * what begins as JSON may hold rows or a token, and is not shown.
 *
 * @param what names the request, without its secrets
 */
export function unexpectedAnswer(what: string, answer: Said, options: Told = {}): HeadraceError {
  return new HeadraceError(`${what} was answered ${answer.status} with ${describe(answer.text.trim())}`, { code: 'unexpected_answer', ...options });
}

/** JSON that is an object, or undefined. */
export function objectIn(text: string, parse: (text: string) => unknown = JSON.parse): object | undefined {
  try {
    const value = parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function describe(text: string): string {
  if (text === '') return 'nothing';
  if (!/^[[{"]/.test(text)) return `what is no JSON: ${text.replace(/\s+/g, ' ').slice(0, fewLetters)}`;
  return isWhole(text) ? 'JSON of another kind' : `JSON that is cut short (${Buffer.byteLength(text)} bytes of it came)`;
}

function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
