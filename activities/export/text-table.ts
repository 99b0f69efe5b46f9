import type { Rows } from '../engines/engine.js';

/** A row's cells as text. */
export function cells({ columns }: Pick<Rows, 'columns'>, row: Rows['rows'][number]): string[] {
  return columns.map(({ name }) => shown(row[name]));
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A table in a font of fixed width. Lines that go beyond `longest` characters in all are left out. */
export function textTable(rows: Rows, longest = Number.POSITIVE_INFINITY): { text: string; rows: number } {
  const table = [rows.columns.map((column) => column.name), ...rows.rows.map((row) => cells(rows, row))].map((line) =>
    line.map((cell) => cell.replace(/\s+/g, ' ')),
  );
  const widths = rows.columns.map((_, index) => Math.max(...table.map((line) => (line[index] ?? '').length)));
  const lines = table.map((line) =>
    line
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const kept = lines.filter((_, index) => lines.slice(0, index + 1).join('\n').length <= longest);
  return { text: kept.join('\n'), rows: Math.max(kept.length - 1, 0) };
}
