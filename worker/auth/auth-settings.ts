import { isAbsolute } from 'node:path';
import * as z from 'zod';
import type { TrustedKey } from '../../sdk/authoring/decision-signature.js';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import type { DecisionSigner } from '../../sdk/node/client/sign-decision.js';
import { resolveSecrets, resolveText } from '../../sdk/node/connections/secrets.js';
import type { AuthSettings } from './authenticator.js';
import { readSigningKey, readTrustedKey } from './signing-key.js';

/** Only what is checked with a public key: a token cannot be made from what everybody may know. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const;
const usualAlgorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;

const secret = z.string().regex(/^(env|file):/, "a secret is no part of a settings file: write a reference, 'env:NAME' or 'file:/path'");

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
  adminKey: secret.optional(),
  /** APIs sign decisions, and workers take only what is signed with a key that they trust; headrace keys signing prints both halves. */
  decisions: z.strictObject({ sign: secret.optional(), trust: z.array(z.string()).min(1).optional() }).optional(),
});
export type AuthReference = z.output<typeof AuthReference>;

const signingKey = 'HEADRACE_SIGNING_KEY';
const decisionKeys = 'HEADRACE_DECISION_KEYS';
const fix = `headrace keys signing prints a pair: the private half for APIs (${signingKey}), the public one for workers (${decisionKeys}).`;
const shortestAdminKey = 32;
const safe = /^https:\/\/|^http:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?\//;

/**
 * Authentication with its secrets.
 *
 * @throws HeadraceError missing_secret, or bad_auth when a key can be guessed or the issuer's keys come by a way that others can change
 */
export function resolveAuth(reference: AuthReference, environment: NodeJS.ProcessEnv = process.env): AuthSettings {
  const { adminKey, tokens } = resolveSecrets('auth', { ...reference, decisions: undefined }, environment) as AuthReference;
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
  return { adminKey, tokens, signer: signerOf(reference, environment) };
}

/** Without a signature, whoever reaches Temporal could decide in anybody's name. */
function signerOf({ decisions }: AuthReference, environment: NodeJS.ProcessEnv): DecisionSigner {
  const signer = findSigner(decisions?.sign, environment);
  if (signer !== undefined) return signer;
  throw new HeadraceError('Authentication is on, and there is no key to sign decisions with.', { code: 'missing_secret', where: signingKey, fix });
}

function findSigner(reference: string | undefined, environment: NodeJS.ProcessEnv) {
  const text = reference === undefined ? environment[signingKey] : resolveText('auth', reference, environment);
  return text ? readSigningKey(text) : undefined;
}

/**
 * The keys with which a worker checks who vouches for a decision: those that it is told, or else the public half of the key that signs, where
 * the worker may know that one, as it does in one process with the API.
 *
 * @returns undefined where decisions are not signed
 * @throws HeadraceError missing_secret or bad_auth
 */
export function resolveTrust(reference: AuthReference | undefined, environment: NodeJS.ProcessEnv = process.env): TrustedKey[] | undefined {
  const told = environment[decisionKeys]?.split(',') ?? reference?.decisions?.trust?.map((it) => resolveText('auth', it, environment)) ?? [];
  const trusted = told
    .map((it) => it.trim())
    .filter((it) => it !== '')
    .map(readTrustedKey);
  if (trusted.length > 0) return trusted;
  if (reference === undefined) return undefined;
  const own = findSigner(reference.decisions?.sign, environment);
  if (own !== undefined) return [own.trusted];
  throw new HeadraceError('Authentication is on, and this worker knows no key with which decisions are signed.', {
    code: 'missing_secret',
    where: decisionKeys,
    fix,
  });
}
