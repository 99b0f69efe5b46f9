import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const binary = fileURLToPath(new URL('../dist/worker/main.cjs', import.meta.url));

/** Opening a pipe holds a thread until somebody writes to it: with 15 held, a file can be looked at only where there is a sixteenth. */
const module = `import { openSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';

const pipe = process.env.PIPE;
const held = Array.from({ length: 15 }, () => open(pipe, 'r'));
await stat(pipe);
console.log('sixteen at once');
openSync(pipe, 'w');
await Promise.all(held);
`;

test('fifteen calls that hold a thread leave one for a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-threads-'));
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  writeFileSync(join(folder, 'holding.mjs'), module);
  const { UV_THREADPOOL_SIZE: _, ...environment } = process.env;
  const env = { ...environment, PIPE: pipe };
  const { stdout } = await promisify(execFile)(process.execPath, [binary, 'pipelines', folder], { env, timeout: 30_000, killSignal: 'SIGKILL' });
  expect(stdout).toContain('sixteen at once');
  rmSync(folder, { recursive: true });
});
