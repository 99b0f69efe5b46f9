// What may hold a $ or a word that is none: texts, quoted names, comments, dollar-quoted bodies. Then $name, and words.
const pattern = /'[^']*(?:''[^']*)*'|"[^"]*(?:""[^"]*)*"|--[^\r\n]*|\/\*.*?\*\/|\$\$.*?\$\$|\$(\w+)|[\w$]+|\s+|./gsu;

export interface Token {
  readonly text: string;
  /** The name of a parameter, `1` or `day`. */
  readonly parameter: string | undefined;
  /** Where it begins in the statement. */
  readonly at: number;
  /** Neither space nor comment. */
  readonly matters: boolean;
}

/** The tokens of a statement of Trino, as far as they must be told apart. */
export function tokensOf(statement: string): Token[] {
  return [...statement.matchAll(pattern)].map(({ 0: text, 1: parameter, index: at }) => ({ text, parameter, at, matters: !/^(\s|--|\/\*)/.test(text) }));
}

/** The words with which a statement begins, in capitals. */
export function firstWords(tokens: readonly Token[], count: number): string[] {
  const words: string[] = [];
  for (const token of tokens) {
    if (words.length === count) break;
    if (token.matters) words.push(token.text.toUpperCase());
  }
  return words;
}
