import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { extname, isAbsolute, join, relative } from 'node:path';
import { HeadraceError, ValidationError } from '../../sdk/index.js';
import type { StepContext } from '../../sdk/node/index.js';
import { quoteIdentifier, quoteLiteral } from '../engines/dialect.js';

type Format = 'parquet' | 'csv' | 'json';

const endings: Record<string, Format> = { '.parquet': 'parquet', '.csv': 'csv', '.tsv': 'csv', '.json': 'json', '.jsonl': 'json', '.ndjson': 'json' };

/**
 * The path of a file of a `files` connection.
 *
 * @throws ValidationError when it leaves the connection's folder, HeadraceError unreadable_file when it is not there
 */
export async function sourcePath(context: StepContext, connection: string, path: string): Promise<string> {
  const { folder } = context.connection(connection, 'files');
  if (path.split(/[\\/]/).includes('..') || isAbsolute(path)) throw outside(path, connection);
  const fixed = path.split(/[*?[]/)[0] === path;
  const file = join(folder, path);
  if (!fixed) return file;
  if (!existsSync(file)) throw new HeadraceError(`There is no file ${file}.`, { code: 'unreadable_file', where: connection });
  if (relative(await realpath(folder), await realpath(file)).startsWith('..')) throw outside(path, connection);
  return file;
}

function outside(path: string, connection: string): ValidationError {
  return new ValidationError(`The path '${path}' leaves the folder of the connection '${connection}'.`, {
    where: connection,
    fix: 'Use a path below the folder.',
  });
}

/** What stands after FROM to read a file. */
export function fileRelation(file: string, format: Format | undefined, types: Readonly<Record<string, string>> | undefined): string {
  const known = format ?? endings[extname(file.replace(/\.(gz|zst)$/, ''))];
  if (known === undefined) throw new ValidationError(`The ending of ${file} does not say its format.`, { fix: "Give format: 'parquet', 'csv' or 'json'." });
  if (known === 'parquet') return `read_parquet(${quoteLiteral(file)})`;
  const given = Object.entries(types ?? {}).map(([name, type]) => `${quoteIdentifier(name)}: '${type}'`);
  const typing = given.length === 0 ? '' : known === 'csv' ? `, types={${given.join(', ')}}` : `, columns={${given.join(', ')}}`;
  return known === 'csv' ? `read_csv(${quoteLiteral(file)}, sample_size=-1${typing})` : `read_json(${quoteLiteral(file)}, sample_size=-1${typing})`;
}
