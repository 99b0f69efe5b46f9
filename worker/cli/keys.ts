import type { Command } from 'commander';
import colors from 'picocolors';
import { newKey } from '../../sdk/node/encryption/key-ring.js';
import { makeSigningKey } from '../auth/index.js';
import { addApiKeys } from './api-keys.js';

/** keys: those with which programs use the API, and those that encrypt and sign. */
export function addKeys(command: Command): void {
  const keys = command.command('keys').description('keys: of the API, for encryption, and to sign decisions');
  addApiKeys(keys);
  keys
    .command('encryption [id]')
    .description('print a new key as id:base64, for HEADRACE_ENCRYPTION_KEYS or the secret that headrace.json refers to')
    .action(printEncryptionKey);
  keys
    .command('signing')
    .description('print a new pair that signs decisions: the private half is for APIs, the public one for workers')
    .action(printSigningKey);
}

function printEncryptionKey(id: string = new Date().toISOString().slice(0, 10)): void {
  const key = newKey(id);
  console.log(`${key.id}:${key.key}`);
  console.error(colors.dim('Rotate in two steps: add it behind the keys that all workers and APIs have, then put it first. Old keys stay behind it.'));
}

function printSigningKey(): void {
  const { privateKey, publicKey } = makeSigningKey();
  console.log(`HEADRACE_SIGNING_KEY=${privateKey}\nHEADRACE_DECISION_KEYS=${publicKey}`);
  console.error(colors.dim('Rotate in two steps: add the public half to those that all workers have, separated by a comma, then give APIs the private one.'));
}
