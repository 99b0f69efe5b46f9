/** Characters of a text that a run writes of itself: Temporal refuses what is too large, and the run would try it again for ever. */
const longest = 10_000;

/** A text of bounded length, which says so where something was left out. */
export function shorten(text: string, maximum = longest): string {
  if (text.length <= maximum) return text;
  return `${text.slice(0, maximum)}… (${(text.length - maximum).toLocaleString('en')} more characters)`;
}
