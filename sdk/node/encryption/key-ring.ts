import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { HeadraceError } from '../../authoring/errors.js';
import { resolveText } from '../connections/secrets.js';

/** A key of AES-256-GCM under the name by which what it encrypted remembers it. */
export interface EncryptionKey {
  /** Letters, digits, `.`, `_` and `-`; 64 at most. It is kept in plain beside what the key encrypted. */
  id: string;
  /** 32 bytes in base64, or a reference to them: `env:NAME` or `file:/path`. */
  key: string;
}

/** What a key encrypted. */
export interface Sealed {
  keyId: string;
  /** Nonce, ciphertext and tag. */
  data: Buffer;
}

const algorithm = 'aes-256-gcm';
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** The keys that are known here: the first one encrypts, and each decrypts what it once encrypted. */
export class KeyRing {
  private constructor(private readonly keys: ReadonlyMap<string, Buffer>) {}

  /** @throws HeadraceError bad_key or missing_secret */
  static of(keys: readonly EncryptionKey[], environment: NodeJS.ProcessEnv = process.env): KeyRing {
    if (keys.length === 0) throw new HeadraceError('Encryption is configured, and there is no key.', { code: 'bad_key', where: 'encryption' });
    const ring = new Map<string, Buffer>();
    for (const { id, key } of keys) {
      checkId(id, ring);
      ring.set(id, readKey(id, resolveText(`encryption key '${id}'`, key, environment)));
    }
    return new KeyRing(ring);
  }

  /** The keys' names; the first one encrypts. */
  ids(): [string, ...string[]] {
    return [...this.keys.keys()] as [string, ...string[]];
  }

  has(keyId: string): boolean {
    return this.keys.has(keyId);
  }

  seal(plain: Uint8Array): Sealed {
    const [keyId, key] = this.keys.entries().next().value as [string, Buffer];
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
    return { keyId, data: Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]) };
  }

  /** @throws HeadraceError missing_key, or undecipherable when it is not what the key encrypted */
  open(keyId: string, data: Uint8Array): Buffer {
    const key = this.keys.get(keyId);
    if (key === undefined) throw missingKey(keyId, this.ids());
    try {
      const decipher = createDecipheriv(algorithm, key, data.subarray(0, nonceBytes), { authTagLength: tagBytes });
      decipher.setAuthTag(data.subarray(-tagBytes));
      return Buffer.concat([decipher.update(data.subarray(nonceBytes, -tagBytes)), decipher.final()]);
    } catch {
      throw new HeadraceError(`The key '${keyId}' does not open what says that it was encrypted with it.`, { code: 'undecipherable', where: keyId });
    }
  }
}

/** Makes the error for what was encrypted with a key that is not here. */
export function missingKey(keyId: string, known: readonly string[] = []): HeadraceError {
  const here = known.length === 0 ? 'no key is configured here' : `the keys here are ${known.join(', ')}`;
  return new HeadraceError(`It is encrypted with the key '${keyId}', and ${here}.`, {
    code: 'missing_key',
    where: keyId,
    fix: `Add the key '${keyId}' to the ring, behind the one that encrypts: encryption.keys in headrace.json, or HEADRACE_ENCRYPTION_KEYS.`,
  });
}

/** A new key. */
export function newKey(id: string): EncryptionKey {
  checkId(id, new Map());
  return { id, key: randomBytes(keyBytes).toString('base64') };
}

function checkId(id: string, others: ReadonlyMap<string, Buffer>): void {
  if (!/^[\w.-]{1,64}$/.test(id)) throw new HeadraceError(`'${id}' cannot be a key's id.`, { code: 'bad_key', where: id });
  if (others.has(id)) throw new HeadraceError(`Two keys have the id '${id}'.`, { code: 'bad_key', where: id, fix: 'Give each key an id of its own.' });
}

/** The text itself is never shown: it is a secret, or nearly one. */
function readKey(id: string, text: string): Buffer {
  const key = Buffer.from(text, 'base64');
  if (key.length === keyBytes && key.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '')) return key;
  const found = key.length === keyBytes ? 'it is not base64' : `it is ${key.length} bytes in base64`;
  throw new HeadraceError(`The key '${id}' must be 32 bytes in base64: ${found}.`, { code: 'bad_key', where: id });
}
