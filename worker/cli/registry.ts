import type { Command } from 'commander';
import { printMigrations } from '../registry/index.js';

/** registry: what a database administrator wants of it. */
export function addRegistry(command: Command): void {
  const registry = command.command('registry').description('the record of runs');
  registry
    .command('migrations')
    .description("print the registry's schema as SQL; worker and API apply what is missing when they start")
    .action(() => console.log(printMigrations()));
}
