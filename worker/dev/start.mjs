// `npm start`, the first command after a clone: installs and builds what is missing, then is `headrace dev`.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepare, root } from './prepare.mjs';

const handover = ['dev', 'examples', '--runs', 'examples/daily-flights/first-runs.json'];

try {
  await prepare();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

// In this process, not a child: Ctrl-C, kill and the exit code then need no passing on, and nothing can be left behind.
const main = join(root, 'dist/worker/main.cjs');
process.argv = [process.execPath, main, ...handover, ...process.argv.slice(2)];
await import(pathToFileURL(main).href);
