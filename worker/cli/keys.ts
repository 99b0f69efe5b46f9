import type { Command } from 'commander';
import { addApiKeys } from './api-keys.js';
import { type Form, note, show } from './output.js';

/** keys: those with which programs use the API, and those that encrypt and sign. */
export function addKeys(command: Command): void {
  const keys = command.command('keys').description('keys: of the API, for encryption, and to sign decisions');
  addApiKeys(keys);
  keys
    .command('encryption [id]')
    .description('print a new key as id:base64, for HEADRACE_ENCRYPTION_KEYS or the secret that headrace.json refers to')
    .option('--json', 'as JSON')
    .action(printEncryptionKey);
  keys
    .command('signing')
    .description('print a new pair that signs decisions: the private half is for APIs, the public one for workers')
    .option('--json', 'as JSON')
    .action(printSigningKey);
}

async function printEncryptionKey(id: string | undefined, form: Form): Promise<void> {
  const { newKey } = await import('../../sdk/node/encryption/key-ring.js');
  const made = newKey(id ?? new Date().toISOString().slice(0, 10));
  const key = `${made.id}:${made.key}`;
  show({ key }, form, key);
  note('Rotate in two steps: add it behind the keys that all workers and APIs have, then put it first. Old keys stay behind it.');
}

async function printSigningKey(form: Form): Promise<void> {
  const { makeSigningKey } = await import('../auth/index.js');
  const { privateKey, publicKey } = makeSigningKey();
  show({ privateKey, publicKey }, form, `HEADRACE_SIGNING_KEY=${privateKey}\nHEADRACE_DECISION_KEYS=${publicKey}`);
  note('Rotate in two steps: add the public half to those that all workers have, separated by a comma, then give APIs the private one.');
}
