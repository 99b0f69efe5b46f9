import { makeSigningKey, readSigningKey, readTrustedKey } from './signing-key.js';

/** A new key that signs decisions, and its public half. */
export function newSigner() {
  const { privateKey, publicKey } = makeSigningKey();
  return { signer: readSigningKey(privateKey), trusted: readTrustedKey(publicKey) };
}
