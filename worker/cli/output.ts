import { errorColors } from './terminal.js';

export interface Form {
  json?: boolean;
}

/** Prints an answer: as one JSON document, or as text. A pipe gets nothing for an empty text. */
export function show(answer: unknown, { json }: Form, text: string): void {
  if (json === true) console.log(JSON.stringify(answer, undefined, 2));
  else if (text !== '') console.log(text);
}

/** Prints one of many: as a line of JSON, or as text. */
export function showItem(item: unknown, { json }: Form, text: string): void {
  console.log(json === true ? JSON.stringify(item) : text);
}

/** What the reader should know beside the output. */
export function note(text: string): void {
  console.error(wantsJson() ? JSON.stringify({ note: text }) : errorColors.dim(text));
}

/** Whether JSON is asked for, also where the command could not be read. */
export function wantsJson(): boolean {
  const end = process.argv.indexOf('--');
  return process.argv.slice(0, end === -1 ? undefined : end).includes('--json');
}
