import type { Kysely } from 'kysely';
import type { DecisionSigner } from '../../sdk/node/client/sign-decision.js';
import type { Database } from '../registry/database.js';
import { hashKey, sameHash } from './api-key.js';
import { KeyCheck } from './key-check.js';
import { firstAdmin, type Principal } from './principal.js';
import { readTokens, type TokenSettings } from './tokens.js';
import { Unauthenticated } from './unauthenticated.js';

/** What is taken as a login beside the keys in the registry. */
export interface AuthSettings {
  tokens?: TokenSettings;
  /** A key that makes the first keys, and keys for each tenant. */
  adminKey?: string;
  /** Vouches for decisions. */
  signer: DecisionSigner;
}

const keyForm = /^hrk_/;

/** Finds out who asks, by an API key or a token. */
export class Authenticator {
  readonly keys: KeyCheck;
  readonly signer: DecisionSigner;
  private readonly readToken: ((token: string) => Promise<Principal>) | undefined;
  private readonly adminHash: string | undefined;

  constructor({ tokens, adminKey, signer }: AuthSettings, open: () => Promise<Kysely<Database>>) {
    this.keys = new KeyCheck(open);
    this.signer = signer;
    this.readToken = tokens && readTokens(tokens);
    this.adminHash = adminKey && hashKey(adminKey);
  }

  /**
   * Who sends this Authorization header.
   *
   * @throws Unauthenticated, or HeadraceError login_unavailable or registry_unreachable when that cannot be found out now
   */
  async authenticate(header: string | undefined): Promise<Principal> {
    if (header === undefined) throw new Unauthenticated('This needs a login: send an API key or a token.', false);
    const [, secret] = /^Bearer +(\S+)$/i.exec(header) ?? [];
    if (secret === undefined) throw new Unauthenticated("The header Authorization is not 'Bearer' and a key or token.", true);
    if (this.adminHash !== undefined && sameHash(hashKey(secret), this.adminHash)) return firstAdmin;
    if (keyForm.test(secret)) return this.keys.check(secret);
    if (this.readToken !== undefined) return this.readToken(secret);
    throw new Unauthenticated('There is no such API key, or it has expired or is revoked.', true);
  }
}
