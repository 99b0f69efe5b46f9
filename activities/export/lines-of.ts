import { createReadStream } from 'node:fs';

/** The lines of a file that DuckDB wrote. From Node 24 on readline would also end one at U+2028 and U+2029, which may stand inside of a text. */
export async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of createReadStream(file, 'utf8')) {
    const lines = (rest + (piece as string)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
