import { colors, columns, cut, isTerminal, widthOf } from './terminal.js';

/** Rows with their columns aligned. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ''))));
  const pad = (cell: string, column: number) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell)));
  return rows.map((row) => `  ${row.map(pad).join('  ')}`.trimEnd()).join('\n');
}

/** A list: a table with a head on a terminal, in a pipe a line for each row with tabs between its cells. */
export function list(head: readonly string[], rows: readonly (readonly string[])[], none: string): string {
  if (!isTerminal()) return rows.map((row) => row.join('\t')).join('\n');
  if (rows.length === 0) return none;
  return table([head.map((cell) => colors.dim(cell)), ...rows])
    .split('\n')
    .map((line) => cut(line, columns()))
    .join('\n');
}
