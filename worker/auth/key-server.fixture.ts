import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

const algorithm = 'ES256';

/** An issuer's server of keys, whose set changes, and which may fall ill. */
export interface KeyServer {
  url: string;
  /** Requests so far. */
  readonly asked: number;
  /** `silent` takes requests and answers none. */
  state: 'well' | 'ill' | 'silent';
  /** A new key, which it serves from now on. Gives what signs with it. */
  add(kid: string): Promise<Signer>;
  take(kid: string): void;
  stop(): Promise<void>;
}

/** A token of ada's, valid for a day. */
export type Signer = (claims?: object) => Promise<string>;

export async function startKeyServer(issuer: { issuer: string; audience: string | string[] }): Promise<KeyServer> {
  const keys = new Map<string, JWK>();
  let asked = 0;
  const answer = (response: ServerResponse) => {
    asked += 1;
    if (keyServer.state === 'silent') return;
    response.writeHead(keyServer.state === 'well' ? 200 : 500, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [...keys.values()] }));
  };
  const server = createServer((_request, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const keyServer: KeyServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    get asked() {
      return asked;
    },
    state: 'well',
    add: async (kid) => {
      const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
      keys.set(kid, { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' });
      return signer(privateKey, kid, issuer);
    },
    take: (kid) => void keys.delete(kid),
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return keyServer;
}

function signer(key: CryptoKey, kid: string, { issuer, audience }: { issuer: string; audience: string | string[] }): Signer {
  return (claims = {}) =>
    new SignJWT({ sub: 'ada', roles: ['viewer'], tenant: 'acme', ...claims })
      .setProtectedHeader({ alg: algorithm, kid })
      .setIssuer(issuer)
      .setAudience(audience)
      .setExpirationTime('1 day')
      .sign(key);
}
