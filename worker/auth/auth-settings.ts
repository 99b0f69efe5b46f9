import { isAbsolute } from 'node:path';
import * as z from 'zod';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { resolveSecrets } from '../../sdk/node/connections/secrets.js';
import type { AuthSettings } from './authenticator.js';

/** Only what is checked with a public key: a token cannot be made from what everybody may know. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const;
const usualAlgorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;

/** Authentication as headrace.json has it. A value may be a reference to a secret: `env:NAME` or `file:/path`. */
export const AuthReference = z.strictObject({
  /** Tokens of an issuer, taken beside the API keys that the registry has. */
  tokens: z
    .strictObject({
      issuer: z.string().min(1),
      audience: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
      /** https://…, or the path of a file. */
      jwks: z.string().min(1),
      algorithms: z
        .array(z.enum(algorithms))
        .min(1)
        .default([...usualAlgorithms]),
      /** Which claims say who it is, which roles they have, and whose runs they see; without `tenant` everybody is of the tenant 'default'. */
      claims: z
        .strictObject({ name: z.string().min(1).default('sub'), roles: z.string().min(1).default('roles'), tenant: z.string().min(1).optional() })
        .prefault({}),
      /** Seconds. */
      clockTolerance: z.int().min(0).max(300).default(5),
    })
    .optional(),
  /** The key that makes the first keys, and keys for each tenant. */
  adminKey: z.string().optional(),
});
export type AuthReference = z.output<typeof AuthReference>;

const shortestAdminKey = 32;
const safe = /^https:\/\/|^http:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?\//;

/**
 * Authentication with its secrets.
 *
 * @throws HeadraceError missing_secret, or bad_auth when a key can be guessed or the issuer's keys come by a way that others can change
 */
export function resolveAuth(reference: AuthReference, environment: NodeJS.ProcessEnv = process.env): AuthSettings {
  const { adminKey, tokens } = resolveSecrets('auth', reference, environment) as AuthReference;
  if (adminKey !== undefined && adminKey.length < shortestAdminKey) {
    throw new HeadraceError(`auth.adminKey has ${adminKey.length} characters: it could be guessed.`, {
      code: 'bad_auth',
      where: 'auth.adminKey',
      fix: `Give it ${shortestAdminKey} random ones at least: openssl rand -hex 32.`,
    });
  }
  if (tokens !== undefined && !safe.test(tokens.jwks) && !isAbsolute(tokens.jwks)) {
    throw new HeadraceError(`auth.tokens.jwks is '${tokens.jwks}', which others could change on its way.`, {
      code: 'bad_auth',
      where: 'auth.tokens.jwks',
      fix: 'Give an https:// address, or the absolute path of a file.',
    });
  }
  return { adminKey, tokens };
}
