import type { Command } from 'commander';
import { type Form, show } from './output.js';
import type { VerifyFlags } from './verify-registry.js';

/** registry: what database administrators and auditors want of it. */
export function addRegistry(command: Command): void {
  const registry = command.command('registry').description('the record of runs');
  registry
    .command('migrations')
    .description("print the registry's schema as SQL; worker and API apply what is missing when they start")
    .option('--json', 'as JSON')
    .action(printSchema);
  registry
    .command('verify')
    .description("verify the audit log's chain: exit code 1 where an entry was changed or is missing")
    .option('--state <folder>', 'where headrace dev keeps its state, for a registry that is embedded', '.headrace')
    .option('--json', 'as JSON')
    .action(async (flags: VerifyFlags) => (await import('./verify-registry.js')).verifyRegistry(flags));
}

async function printSchema(form: Form): Promise<void> {
  const { migrations, printMigrations } = await import('../registry/index.js');
  show({ migrations: migrations.map(({ number, name, sql }) => ({ number, name, sql })) }, form, printMigrations());
}
