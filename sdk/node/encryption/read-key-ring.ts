import * as z from 'zod';
import { HeadraceError } from '../../authoring/errors.js';
import { readSettingsFile } from '../connections/settings-file.js';
import { type EncryptionKey, KeyRing } from './key-ring.js';

const Key = z.strictObject({
  id: z.string(),
  key: z.string().regex(/^(env|file):/, "a key is no part of a settings file: write a reference, 'env:NAME' or 'file:/path'"),
});
/** Encryption as headrace.json has it. */
export const EncryptionReference = z.strictObject({
  keys: z.array(Key),
  /** Where Temporal's UI is served, as a browser names it: https://temporal.example.com. Its pages may ask for what is encrypted. */
  origins: z.array(z.url()).default([]),
});
const File = z.looseObject({ encryption: EncryptionReference.optional() });

const variable = 'HEADRACE_ENCRYPTION_KEYS';

/** How what Temporal and the registry keep is encrypted. */
export interface EncryptionSettings {
  ring: KeyRing;
  /** Origins of Temporal's UI. */
  origins: readonly string[];
}

/**
 * Encryption as headrace.json and the environment configure it: the keys of HEADRACE_ENCRYPTION_KEYS go before the file's.
 *
 * @returns undefined where nothing is encrypted
 * @throws HeadraceError bad_key or missing_secret; unreadable_file
 */
export function readEncryption(file: string, environment: NodeJS.ProcessEnv = process.env): EncryptionSettings | undefined {
  const declared = ofFile(file);
  const ring = ringOfEnvironment(environment) ?? (declared === undefined ? undefined : KeyRing.of(declared.keys, environment));
  return ring === undefined ? undefined : { ring, origins: declared?.origins ?? [] };
}

/** Keys as a program gives them: the first one encrypts, and each decrypts. */
export type Encryption = readonly EncryptionKey[] | KeyRing;

/** The ring of keys that are given, else of HEADRACE_ENCRYPTION_KEYS. @throws HeadraceError bad_key or missing_secret */
export function ringOf(encryption: Encryption | undefined): KeyRing | undefined {
  if (encryption === undefined) return ringOfEnvironment();
  return encryption instanceof KeyRing ? encryption : KeyRing.of(encryption);
}

/** The keys of HEADRACE_ENCRYPTION_KEYS (`id:base64,id:base64`), or undefined where it is not set. @throws HeadraceError bad_key */
export function ringOfEnvironment(environment: NodeJS.ProcessEnv = process.env): KeyRing | undefined {
  const text = environment[variable];
  if (text === undefined) return undefined;
  const parts = text.split(',').map((part) => part.trim());
  return KeyRing.of(parts.filter((part) => part !== '').map(fromText), environment);
}

function fromText(text: string): EncryptionKey {
  const at = text.indexOf(':');
  if (at < 1) throw new HeadraceError(`${variable} is not id:key,id:key.`, { code: 'bad_key', where: variable });
  return { id: text.slice(0, at), key: text.slice(at + 1) };
}

function ofFile(file: string): z.output<typeof EncryptionReference> | undefined {
  const read = File.safeParse(readSettingsFile(file) ?? {});
  if (read.success) return read.data.encryption;
  throw new HeadraceError(`${file} is wrong: ${z.prettifyError(read.error)}`, { code: 'bad_key', where: file });
}
