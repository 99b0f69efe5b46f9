const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text as HTML takes it, in an element and in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

const cell = 'style="border:1px solid #ccc;padding:4px 8px;text-align:left"';

/** A table of text; mail programs heed styles only where they stand on the element. */
export function htmlTable(rows: readonly (readonly string[])[], head?: readonly string[]): string {
  const line = (tag: 'td' | 'th') => (cells: readonly string[]) => `<tr>${cells.map((text) => `<${tag} ${cell}>${escapeHtml(text)}</${tag}>`).join('')}</tr>`;
  const header = head === undefined ? '' : `<thead>${line('th')(head)}</thead>`;
  return `<table style="border-collapse:collapse">${header}<tbody>${rows.map(line('td')).join('')}</tbody></table>`;
}

/** A text's lines as a paragraph. */
export function htmlParagraph(text: string): string {
  return text === '' ? '' : `<p>${escapeHtml(text).replaceAll('\n', '<br>')}</p>`;
}
