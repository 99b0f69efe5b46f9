/** A type error as a sentence: nothing can be assigned to it, so the compiler shows the sentence where the mistake is made. */
export interface Mistake<Sentence extends string> {
  readonly mistake: Sentence & never;
}
