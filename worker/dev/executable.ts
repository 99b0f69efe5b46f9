import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The full path of a program on PATH, or in one of the further folders. */
export function findOnPath(name: string, further: string[] = []): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return [...folders, ...further].map((folder) => join(folder, name)).find(isExecutable);
}

/** Whether there is a file that we may run. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** What a program prints for `--version`. Rejects when it does not run on this machine. */
export function versionOf(file: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(file, ['--version'], { timeout: 30_000 }, (error, output) => {
      if (error) reject(new Error(`${file} --version failed: ${error.message.trim().split('\n').at(-1)}`));
      else resolve(output.trim());
    });
  });
}
