import { stripVTControlCharacters } from 'node:util';
import picocolors from 'picocolors';

/** Colours are for eyes: a pipe gets none, also where CI is set. */
function wanted({ isTTY }: { isTTY?: boolean }): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  return !NO_COLOR && (Boolean(FORCE_COLOR) || (isTTY === true && TERM !== 'dumb'));
}

/** Of what goes to stdout. */
export const colors = picocolors.createColors(wanted(process.stdout));
/** Of what goes to stderr. */
export const errorColors = picocolors.createColors(wanted(process.stderr));

/** Whether people read along. */
export const isTerminal = () => (process.stdout as { isTTY?: boolean }).isTTY === true;
export const columns = () => process.stdout.columns || 80;

/** How many columns a text takes. */
export const widthOf = (text: string) => [...stripVTControlCharacters(text)].length;

/** A text in so many columns, colours kept. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let left = width - 1;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a colour begins with escape
  const parts = text.match(/\u001b\[\d+m|./gsu) ?? [];
  return `${parts.filter((part) => part.length > 2 || left-- > 0).join('')}…`;
}

/** What others wrote, on one line and without what would steer the terminal. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is left out
  return stripVTControlCharacters(text).replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

/** A moment: the reader's own time on a terminal, ISO 8601 in a pipe. */
export function moment(time: string): string {
  return isTerminal() ? new Date(time).toLocaleString('sv-SE') : time;
}

/** A moment of today, or of the run at hand. */
export function clock(time: string): string {
  return isTerminal() ? new Date(time).toLocaleTimeString('sv-SE') : time;
}

/** How the reader calls this program: in a clone there is no `headrace` on the PATH. */
export const ownName = process.env.npm_lifecycle_event === undefined ? 'headrace' : 'npx headrace';
