import { ValidationError } from './errors.js';

/** Bytes of JSON that one input, output or decision may have. Temporal's own limit is 2 MiB, with headers and encoding. */
export const maximumPayload = 2_000_000;

/**
 * Refuses a value that Temporal would refuse, before it is sent: there, it would end the run or be retried for ever.
 *
 * @throws ValidationError payload_too_large
 */
export function refuseOversize(value: unknown, what: string, maximum = maximumPayload): void {
  const text = JSON.stringify(value) ?? '';
  // A UTF-16 unit has three bytes at most in UTF-8, so only long texts need to be counted.
  if (text.length * 3 <= maximum) return;
  const bytes = utf8Length(text);
  if (bytes <= maximum) return;
  throw new ValidationError(`${what} has ${bytes.toLocaleString('en')} bytes; ${maximum.toLocaleString('en')} are allowed.`, {
    code: 'payload_too_large',
    where: what,
  });
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    // Each half of a surrogate pair counts two of the pair's four bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
  }
  return bytes;
}
