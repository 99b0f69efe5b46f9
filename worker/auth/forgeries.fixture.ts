import { exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import type { Issuer } from './issuer.fixture.js';

const admin = { sub: 'eve', roles: ['admin'], tenant: 'acme' };

/** Tokens that say 'admin' of themselves, and by what they are wrong. */
export async function forgeries({ settings, privateKey, publicKey, kid }: Issuer): Promise<Record<string, string>> {
  const now = Math.round(Date.now() / 1_000);
  const right = { ...admin, iss: settings.issuer, aud: 'headrace', exp: now + 300 };
  const es256 = { alg: 'ES256', kid };
  const sign = (change: JWTPayload, header = es256, key: Parameters<SignJWT['sign']>[0] = privateKey) =>
    new SignJWT({ ...right, ...change }).setProtectedHeader(header).sign(key);
  const publicText = new TextEncoder().encode(await exportSPKI(publicKey));
  const stranger = await generateKeyPair('ES256');
  const [header, , signature] = (await sign({ roles: ['viewer'] })).split('.');
  return {
    'signed by a stranger': await sign({}, es256, stranger.privateKey),
    'changed after it was signed': `${header}.${Buffer.from(JSON.stringify(right)).toString('base64url')}.${signature}`,
    expired: await sign({ exp: now - 60 }),
    'for another audience': await sign({ aud: 'billing' }),
    'of another issuer': await sign({ iss: 'https://evil.example' }),
    'without a signature': new UnsecuredJWT(right).encode(),
    'signed with the public key as a secret': await sign({}, { alg: 'HS256', kid }, publicText),
    'a key that nobody made': `hrk_0123456789ab_${'A'.repeat(43)}`,
  };
}
