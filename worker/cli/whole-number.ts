import { InvalidArgumentError } from 'commander';

export const highestPort = 65_535;

/** A whole number in figures; undefined where the text is anything else. */
export function readWholeNumber(text: string, least: number, most: number = Number.MAX_SAFE_INTEGER): number | undefined {
  const read = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return read >= least && read <= most ? read : undefined;
}

/** An option's whole number. @throws InvalidArgumentError by what is returned */
export function wholeNumber(least: number, most?: number): (text: string) => number {
  return (text) => {
    const read = readWholeNumber(text, least, most);
    if (read !== undefined) return read;
    throw new InvalidArgumentError(`It is a whole number from ${least} ${most === undefined ? 'on' : `to ${most}`}.`);
  };
}
