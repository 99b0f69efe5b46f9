/** Characters of a text that a run writes of itself: Temporal refuses what is too large, and the run would try it again for ever. */
const longest = 10_000;
const deepest = 10;

/** A text of bounded length, which says so where something was left out. */
export function shorten(text: string, maximum = longest): string {
  if (text.length <= maximum) return text;
  return `${text.slice(0, maximum)}… (${(text.length - maximum).toLocaleString('en')} more characters)`;
}

/** What an error carries over Temporal beside its type and message. */
export interface FailureDetails {
  code?: string;
  fix?: string;
  where?: string;
}

/** An error's details with texts of bounded length. */
export function shortenDetails({ code, fix, where }: FailureDetails): FailureDetails {
  const bounded = (text: string | undefined) => (text === undefined ? undefined : shorten(text));
  return { code: bounded(code), fix: bounded(fix), where: bounded(where) };
}

/**
 * An error's cause with texts of bounded length, and its own causes, a bounded number of them.
 *
 * @param keep tells the errors that Temporal made: it bounded them, and knows them by their class
 */
export function shortenCause(cause: unknown, keep: (cause: Error) => boolean, depth = deepest): Error | undefined {
  if (!(cause instanceof Error) || depth === 0) return undefined;
  if (keep(cause)) return cause;
  const short = new Error(shorten(cause.message), { cause: shortenCause(cause.cause, keep, depth - 1) });
  return Object.assign(short, { name: cause.name, stack: cause.stack === undefined ? undefined : shorten(cause.stack) });
}
