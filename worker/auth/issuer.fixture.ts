import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import type { TokenSettings } from './tokens.js';

/** An issuer of tokens with a key of its own, whose public half is in a file. */
export interface Issuer {
  settings: TokenSettings;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  kid: string;
  /** A token as the issuer gives them, with these claims beside or instead of the usual ones. */
  token(claims?: JWTPayload): Promise<string>;
  remove(): void;
}

const algorithm = 'ES256';

export async function makeIssuer(change: Partial<TokenSettings> = {}): Promise<Issuer> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const kid = randomUUID();
  const folder = mkdtempSync(join(tmpdir(), 'headrace-issuer-'));
  const jwks = join(folder, 'jwks.json');
  writeFileSync(jwks, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' }] }));
  const settings: TokenSettings = {
    issuer: 'https://issuer.example',
    audience: 'headrace',
    jwks,
    algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    claims: { name: 'sub', roles: 'roles', tenant: 'tenant' },
    clockTolerance: 0,
    ...change,
  };
  const token = (claims: JWTPayload = {}) =>
    new SignJWT({ sub: 'ada', roles: ['viewer'], tenant: 'acme', ...claims })
      .setProtectedHeader({ alg: algorithm, kid })
      .setIssuer(settings.issuer)
      .setAudience('headrace')
      .setIssuedAt()
      .setExpirationTime('5 minutes')
      .sign(privateKey);
  return { settings, privateKey, publicKey, kid, token, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
