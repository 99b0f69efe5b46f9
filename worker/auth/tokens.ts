import { readFileSync, statSync } from 'node:fs';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { defaultTenant } from '../../sdk/authoring/run-memo.js';
import { type Grant, isTenant, type Principal, parseGrant } from './principal.js';
import { remoteKeys } from './remote-keys.js';
import { Unauthenticated } from './unauthenticated.js';

/** Which tokens are taken, and what is read from them. */
export interface TokenSettings {
  issuer: string;
  audience: string | string[];
  /** The issuer's public keys: an https:// address, or the path of a file. */
  jwks: string;
  /** Nothing that is not in this list is taken, whatever the token says of itself. */
  algorithms: string[];
  /** Names of claims, `a.b` for one within another. */
  claims: { name: string; roles: string; tenant?: string };
  /** Seconds that clocks may differ. */
  clockTolerance: number;
}

const keysOfNames = 'key:';

/**
 * Reads JSON Web Tokens: signature by the issuer's keys, issuer, audience, expiry, algorithm.
 *
 * @throws Unauthenticated by what is returned, or HeadraceError login_unavailable while the issuer's keys cannot be had
 */
export function readTokens(settings: TokenSettings): (token: string) => Promise<Principal> {
  const { issuer, audience, algorithms, clockTolerance, jwks } = settings;
  const keys = /^https?:/.test(jwks) ? remoteKeys(jwks) : keysOfFile(jwks);
  return async (token) => {
    try {
      return principalOf(await verify(token, keys, { issuer, audience, algorithms, clockTolerance, requiredClaims: ['exp'] }), settings.claims);
    } catch (error) {
      throw refusal(error, jwks);
    }
  };
}

async function verify(token: string, keys: JWTVerifyGetKey, options: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) return verifyByOneOf(error, token, options);
    throw error;
  }
}

/** A token need not name its key: several may fit, and one of them has signed it. */
async function verifyByOneOf(keys: errors.JWKSMultipleMatchingKeys, token: string, options: JWTVerifyOptions): Promise<JWTPayload> {
  for await (const key of keys) {
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

/** A file's keys, read anew when it has changed: one that was taken away is refused from then on. */
function keysOfFile(path: string): JWTVerifyGetKey {
  let known: { state: string; keys: ReturnType<typeof createLocalJWKSet> } | undefined;
  return (header, token) => {
    const { ino, ctimeNs } = statSync(path, { bigint: true });
    const state = `${ino} ${ctimeNs}`;
    if (known?.state !== state) known = { state, keys: createLocalJWKSet(JSON.parse(readFileSync(path, 'utf8')) as JSONWebKeySet) };
    return known.keys(header, token);
  };
}

function refusal(error: unknown, jwks: string): unknown {
  if (error instanceof Unauthenticated) return error;
  const { message } = error as Error;
  const known = error instanceof errors.JOSEError && !unavailable.some((kind) => error instanceof kind) && error.code !== 'ERR_JOSE_GENERIC';
  if (known) return new Unauthenticated(`The token is refused: ${message}.`, true);
  return new HeadraceError(`The keys of the tokens' issuer cannot be read: ${message}`, { code: 'login_unavailable', where: jwks, cause: error });
}

/** What is no fault of the token. */
const unavailable = [errors.JWKSTimeout, errors.JWKSInvalid];

function principalOf(payload: JWTPayload, claims: TokenSettings['claims']): Principal {
  const name = read(payload, claims.name);
  if (typeof name !== 'string' || name === '' || name.length > 200 || /\p{Cc}/u.test(name)) throw missing(claims.name);
  // A key's name cannot be taken by a person.
  if (name.startsWith(keysOfNames)) throw new Unauthenticated(`The token is refused: a name cannot begin with '${keysOfNames}'.`, true);
  const tenant = claims.tenant === undefined ? defaultTenant : read(payload, claims.tenant);
  if (!isTenant(tenant)) throw missing(claims.tenant ?? '');
  return { name, tenant, grants: grantsOf(read(payload, claims.roles)) };
}

function missing(claim: string): Unauthenticated {
  return new Unauthenticated(`The token is refused: its claim '${claim}' is missing or cannot be used.`, true);
}

/** Names may hold dots themselves, as those that are URLs do. */
function read(payload: JWTPayload, claim: string): unknown {
  if (claim in payload) return payload[claim];
  let value: unknown = payload;
  for (const part of claim.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[part];
  return value;
}

/** A list of roles, or a text of them with spaces between. An issuer's other roles mean nothing here. */
function grantsOf(claim: unknown): Grant[] {
  const texts = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim.filter((it) => typeof it === 'string') : [];
  return texts.flatMap((text) => {
    try {
      return [parseGrant(text)];
    } catch {
      return [];
    }
  });
}
