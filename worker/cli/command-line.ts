import { explain } from './explain.js';
import { program } from './program.js';

try {
  await program().parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}
