import type { Command } from 'commander';
import type { Form } from './output.js';

/** doctor: tries Temporal and each connection, and measures. */
export function addDoctor(command: Command): void {
  command
    .command('doctor')
    .description('try Temporal and every connection, measure a step, and say what is wrong')
    .option('--json', 'as JSON')
    .action(async (form: Form) => (await import('./examine.js')).examine(form));
}
