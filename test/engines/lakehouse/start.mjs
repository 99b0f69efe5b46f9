// `npm run lakehouse`: installs and builds what is missing, then starts the story's engines and `headrace dev` on them.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from '../../../worker/dev/prepare.mjs';

await prepare();
const loader = join(root, 'worker/dev/typescript.mjs');
const child = spawn(process.execPath, ['--import', loader, join(import.meta.dirname, 'start.ts'), ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.once('exit', (code) => process.exit(code ?? 1));
