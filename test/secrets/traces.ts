import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

/** The places in which a text is found: as it is, as JSON or an address writes it, or within base64, wherever it begins there. */
export function tracesOf(text: string, places: Readonly<Record<string, string>>): string[] {
  const written = [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text)];
  const needles = written.flatMap((it) => [it, ...[0, 1, 2].map((offset) => within(it, offset))]);
  return Object.keys(places).filter((name) => needles.some((needle) => places[name]?.includes(needle)));
}

/** What of a text's base64 depends on nothing before or after it. */
function within(text: string, offset: number): string {
  const bytes = Buffer.from('x'.repeat(offset) + text);
  return bytes.toString('base64').slice(offset === 0 ? 0 : 4, Math.floor(bytes.length / 3) * 4);
}

/** The files of a folder, byte by byte. */
export function filesOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(files.map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name), 'latin1')]));
}

/** Every row of every table of a PostgreSQL database, as text. */
export async function tablesOf(url: string): Promise<Record<string, string>> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>("select table_name as name from information_schema.tables where table_schema = 'public'");
    const tables: Record<string, string> = {};
    for (const { name } of rows) {
      const found = await client.query<{ row: string }>(`select (it.*)::text as row from "${name}" it`);
      tables[name] = found.rows.map(({ row }) => row).join('\n');
    }
    return tables;
  } finally {
    await client.end();
  }
}
