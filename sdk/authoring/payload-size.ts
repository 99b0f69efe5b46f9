import { ValidationError } from './errors.js';

/** Bytes of JSON that one input, output or decision may have. Temporal's own limit is 2 MiB, with headers and encoding. */
export const maximumPayload = 2_000_000;

/** Bytes of JSON that a fast step's output may have: Temporal takes it with all else that the run does at that moment. */
export const maximumFastOutput = 250_000;

/**
 * Refuses a value that Temporal would refuse, before it is sent: there, it would end the run or be retried for ever.
 *
 * @returns its bytes of JSON
 * @throws ValidationError payload_too_large
 */
export function refuseOversize(value: unknown, what: string, maximum = maximumPayload): number {
  const bytes = utf8Length(JSON.stringify(value) ?? '');
  if (bytes <= maximum) return bytes;
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
