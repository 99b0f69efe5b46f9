import type { Command } from 'commander';
import type { Form } from './output.js';

/** pipelines and check: what can be known without connecting to anything. */
export function addInspecting(command: Command): void {
  command
    .command('pipelines [folder]')
    .description('list the pipelines and steps of a folder')
    .option('--json', 'as JSON, with the schemas')
    .action(async (folder: string | undefined, form: Form) => (await import('./inspect.js')).listPipelines(folder, form));
  command
    .command('check [folder]')
    .description('load and bundle the pipelines of a folder as a worker would, without connecting')
    .option('--bundle <file>', 'write the bundle there, for headrace worker --bundle')
    .option('--json', 'as JSON')
    .action(async (folder: string | undefined, flags: Form & { bundle?: string }) => (await import('./inspect.js')).check(folder, flags));
}
