import type { Command } from 'commander';
import colors from 'picocolors';
import { newKey } from '../../sdk/node/encryption/key-ring.js';

/** keys: what encryption needs. */
export function addKeys(command: Command): void {
  command
    .command('keys')
    .description('keys that encrypt what Temporal and the registry keep')
    .command('new [id]')
    .description('print a new key as id:base64, for HEADRACE_ENCRYPTION_KEYS or the secret that headrace.json refers to')
    .action((id: string = new Date().toISOString().slice(0, 10)) => {
      const key = newKey(id);
      console.log(`${key.id}:${key.key}`);
      // Beside the key, so that it can be piped.
      console.error(colors.dim('Rotate in two steps: add it behind the keys that all workers and APIs have, then put it first. Old keys stay behind it.'));
    });
}
