import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { TrustedKey } from '../../sdk/authoring/decision-signature.js';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import type { DecisionSigner } from '../../sdk/node/client/sign-decision.js';

/** What stands before the 32 bytes of a key in PKCS 8 and in SPKI (RFC 8410). */
const privateHead = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicHead = Buffer.from('302a300506032b6570032100', 'hex');
const form = /^[0-9a-f]{64}$/i;

/** A new pair: the private half for APIs, the public half for workers. 32 bytes in hexadecimal each. */
export function makeSigningKey(): { privateKey: string; publicKey: string } {
  const { privateKey } = generateKeyPairSync('ed25519');
  const bytes = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(privateHead.length);
  return { privateKey: bytes.toString('hex'), publicKey: publicHalf(privateKey).toString('hex') };
}

/** Signs decisions with a private key: 32 bytes in hexadecimal, or PEM. @throws HeadraceError bad_auth */
export function readSigningKey(text: string): DecisionSigner & { trusted: TrustedKey } {
  const key = readPrivate(text.trim());
  const trusted = trust(publicHalf(key));
  return { key: trusted.id, sign: (signed) => sign(null, Buffer.from(signed), key).toString('hex'), trusted };
}

/** A public key that decisions are checked with: 32 bytes in hexadecimal, or PEM. @throws HeadraceError bad_auth */
export function readTrustedKey(text: string): TrustedKey {
  const key = readPublic(text.trim());
  return trust(key);
}

function readPrivate(text: string): KeyObject {
  return ed25519('The key that signs decisions', () =>
    form.test(text) ? createPrivateKey({ key: Buffer.concat([privateHead, Buffer.from(text, 'hex')]), format: 'der', type: 'pkcs8' }) : createPrivateKey(text),
  );
}

function readPublic(text: string): Buffer {
  if (form.test(text)) return Buffer.from(text, 'hex');
  return publicHalf(ed25519('A key that workers trust', () => createPublicKey(text)));
}

function ed25519(what: string, read: () => KeyObject): KeyObject {
  const fix = 'headrace keys signing prints a pair of them.';
  let key: KeyObject;
  try {
    key = read();
  } catch (error) {
    throw new HeadraceError(`${what} is neither 64 hexadecimal digits nor a PEM.`, { code: 'bad_auth', where: 'auth.decisions', fix, cause: error });
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new HeadraceError(`${what} is of the kind ${key.asymmetricKeyType ?? 'secret'}, and must be Ed25519.`, {
    code: 'bad_auth',
    where: 'auth.decisions',
    fix,
  });
}

function publicHalf(key: KeyObject): Buffer {
  const half = key.type === 'public' ? key : createPublicKey(key);
  return half.export({ format: 'der', type: 'spki' }).subarray(publicHead.length);
}

function trust(key: Buffer): TrustedKey {
  return { id: createHash('sha256').update(key).digest('hex').slice(0, 16), key: key.toString('hex') };
}
