import type { Command } from 'commander';
import { type Form, show } from './output.js';

/** registry: what a database administrator wants of it. */
export function addRegistry(command: Command): void {
  const registry = command.command('registry').description('the record of runs');
  registry
    .command('migrations')
    .description("print the registry's schema as SQL; worker and API apply what is missing when they start")
    .option('--json', 'as JSON')
    .action(printSchema);
}

async function printSchema(form: Form): Promise<void> {
  const { migrations, printMigrations } = await import('../registry/index.js');
  show({ migrations: migrations.map(({ number, name, sql }) => ({ number, name, sql })) }, form, printMigrations());
}
