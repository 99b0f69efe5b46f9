import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type * as z from 'zod';
import { ValidationError } from '../../sdk/index.js';
import type { StepContext } from '../../sdk/node/index.js';
import { moveInto, syncPath } from '../engines/duckdb/parquet.js';
import { belowFolder } from './below-folder.js';
import type { OutgoingRows } from './outgoing-rows.js';
import type { Exported } from './steps.js';
import type { FileFormat, FileTarget } from './target.js';

const endings: Record<string, FileFormat> = { '.csv': 'csv', '.json': 'json', '.jsonl': 'jsonl', '.ndjson': 'jsonl', '.parquet': 'parquet' };

/** Writes the rows beside their file and moves them there when they are complete. */
export async function exportToFile(rows: OutgoingRows, to: z.output<typeof FileTarget>, context: StepContext): Promise<Exported> {
  const format = to.format ?? endings[extname(to.path)];
  if (format === undefined)
    throw new ValidationError(`The ending of ${to.path} does not say its format.`, { fix: "Give format: 'csv', 'json', 'jsonl' or 'parquet'." });
  const { folder } = context.connection(to.files, 'files');
  await mkdir(folder, { recursive: true });
  const file = await belowFolder(folder, to.path);
  const staged = join(dirname(file), `.${basename(file)}.${randomUUID()}`);
  await mkdir(dirname(file), { recursive: true });
  try {
    const written = await rows.write(staged, format);
    await syncPath(staged);
    context.signal.throwIfAborted();
    await moveInto(staged, file);
    return { ...written, location: `${to.files}:${to.path}` };
  } finally {
    await rm(staged, { force: true });
  }
}
