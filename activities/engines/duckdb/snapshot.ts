import { link, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Lake } from './lake.js';

/** File systems and rights that give a file no second name: then it is read where it lies. */
const noLinks = new Set(['EPERM', 'EACCES', 'EROFS', 'EXDEV', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK']);
const atOnce = 64;

/**
 * The files of tables as one step found them. DuckDB opens a file by its name more than once, so that a file that a load replaces meanwhile would be read half from one and half from the other
 * (tried: "TProtocolException: Invalid data"). A second name, a hard link, stays with the file that it was given to.
 */
export class Snapshot {
  private readonly folder: string;
  private files = 0;

  constructor(lake: Lake, name: string) {
    this.folder = lake.own('reads', name);
  }

  /** A folder with the table's files as they are now. @param folder the table's own */
  async ofTable(folder: string): Promise<string> {
    const copy = join(this.folder, `table_${++this.files}`);
    for (let tries = 1; ; tries += 1) {
      try {
        await this.linkAll(folder, copy);
        return copy;
      } catch (error) {
        const { code = '' } = error as NodeJS.ErrnoException;
        if (noLinks.has(code)) return folder;
        // A file was taken away between the listing and the link.
        if (code !== 'ENOENT' || tries === 10) throw error;
        await rm(copy, { recursive: true, force: true });
      }
    }
  }

  /** A name of its own for a file as it is now, or undefined where there is none. */
  async ofFile(file: string): Promise<string | undefined> {
    const copy = join(this.folder, `file_${++this.files}.parquet`);
    await mkdir(this.folder, { recursive: true });
    try {
      await link(file, copy);
      return copy;
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      if (noLinks.has(code)) return file;
      throw error;
    }
  }

  async remove(): Promise<void> {
    if (this.files > 0) await rm(this.folder, { recursive: true, force: true });
  }

  private async linkAll(from: string, to: string): Promise<void> {
    const names = (await readdir(from, { recursive: true })).filter((name) => name.endsWith('.parquet'));
    await Promise.all([...new Set(names.map((name) => dirname(join(to, name))))].map((folder) => mkdir(folder, { recursive: true })));
    for (let start = 0; start < names.length; start += atOnce) {
      await Promise.all(names.slice(start, start + atOnce).map((name) => link(join(from, name), join(to, name))));
    }
  }
}
