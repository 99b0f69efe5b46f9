import { explain } from './explain.js';
import { program } from './program.js';

// Whoever reads the output may have enough of it: headrace events | head.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

try {
  await program().parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}
