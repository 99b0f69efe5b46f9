/** npm run bench -- NAME: builds, then runs test/bench/NAME.ts, whose last line is `NAME FIGURE UNIT`. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare } from '../../worker/dev/prepare.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const [name = '', ...rest] = process.argv.slice(2);
const file = join(here, `${name}.ts`);
const names = readdirSync(here)
  .filter((it) => /^[a-z-]+\.ts$/.test(it) && !it.startsWith('bench-'))
  .map((it) => it.slice(0, -3));
if (!names.includes(name) || !existsSync(file)) {
  console.error(`There is no benchmark '${name}'. There are: ${names.join(', ')}.`);
  process.exit(2);
}
await prepare();
const { status } = spawnSync(process.execPath, ['--import', './worker/dev/typescript.mjs', file, ...rest], { stdio: 'inherit', cwd: join(here, '..', '..') });
process.exit(status ?? 1);
