/** A type error as a sentence: nothing can be assigned to it, so the compiler shows the sentence where the mistake is made. */
export interface Mistake<Sentence extends string> {
  // Never, and yet named, so that the sentence is part of the type.
  // eslint-disable-next-line @typescript-eslint/no-redundant-type-constituents
  readonly mistake: Sentence & never;
}
