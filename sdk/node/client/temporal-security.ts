import { readFileSync } from 'node:fs';
import type { TLSConfig } from '@temporalio/client';
import * as z from 'zod';
import { HeadraceError } from '../../authoring/errors.js';
import { resolveSecrets } from '../connections/secrets.js';

/** TLS and login to Temporal as headrace.json has them. A value may be a reference to a secret: `env:NAME` or `file:/path`. */
export const SecurityReference = z.strictObject({
  /** True for a server whose certificate this machine trusts. */
  tls: z
    .union([
      z.boolean(),
      z.strictObject({
        /** Of the authority that the server's certificate comes from, in PEM. */
        ca: z.string().optional(),
        /** With these two, the server knows the client by its certificate (mTLS). */
        cert: z.string().optional(),
        key: z.string().optional(),
        /** The name in the server's certificate, where it is not that of the address. */
        serverName: z.string().optional(),
      }),
    ])
    .optional(),
  apiKey: z.string().optional(),
});
export type SecurityReference = z.output<typeof SecurityReference>;

/** How a connection to Temporal is secured, as Temporal's own connections take it. */
export interface TemporalSecurity {
  tls?: TLSConfig | boolean;
  apiKey?: string;
}

type Parts = Exclude<SecurityReference['tls'], boolean | undefined>;

/**
 * Reads TLS and login to Temporal. The environment goes before what is configured, under the names that Temporal's own tools have: TEMPORAL_TLS,
 * TEMPORAL_TLS_CLIENT_CERT_PATH or _DATA, TEMPORAL_TLS_CLIENT_KEY_PATH or _DATA, TEMPORAL_TLS_SERVER_CA_CERT_PATH or _DATA, TEMPORAL_TLS_SERVER_NAME,
 * TEMPORAL_API_KEY.
 *
 * @throws HeadraceError missing_secret, or bad_settings for half of a certificate and key
 */
export function readSecurity(reference: SecurityReference = {}, environment: NodeJS.ProcessEnv = process.env): TemporalSecurity {
  const { tls, apiKey } = resolveSecrets('the connection to Temporal', reference, environment) as SecurityReference;
  return { tls: tlsOf(tls, environment), apiKey: environment.TEMPORAL_API_KEY ?? apiKey };
}

function tlsOf(configured: SecurityReference['tls'], environment: NodeJS.ProcessEnv): TLSConfig | boolean | undefined {
  const said = environment.TEMPORAL_TLS;
  if (said !== undefined && !/^(1|true|yes|on)$/i.test(said)) return false;
  const given = ofEnvironment(environment);
  const parts = typeof configured === 'object' ? { ...configured, ...given } : given;
  if (typeof configured === 'object' || Object.keys(parts).length > 0) return config(parts);
  return said === undefined ? configured : true;
}

function ofEnvironment(environment: NodeJS.ProcessEnv): Parts {
  const read = (name: string) => {
    const path = environment[`${name}_PATH`];
    return environment[`${name}_DATA`] ?? (path === undefined ? undefined : fileOf(`${name}_PATH`, path));
  };
  const parts = {
    ca: read('TEMPORAL_TLS_SERVER_CA_CERT'),
    cert: read('TEMPORAL_TLS_CLIENT_CERT'),
    key: read('TEMPORAL_TLS_CLIENT_KEY'),
    serverName: environment.TEMPORAL_TLS_SERVER_NAME,
  };
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}

function fileOf(variable: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new HeadraceError(`${variable} names ${path}: ${(error as Error).message}`, { code: 'missing_secret', where: variable });
  }
}

function config({ ca, cert, key, serverName }: Parts): TLSConfig {
  if ((cert === undefined) !== (key === undefined)) {
    const lacks = cert === undefined ? 'certificate' : 'key';
    throw new HeadraceError(`The connection to Temporal has no client ${lacks} to its other half.`, {
      code: 'bad_settings',
      where: 'temporal.tls',
      fix: 'Give both: temporal.tls.cert and temporal.tls.key, or TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH.',
    });
  }
  return {
    serverNameOverride: serverName,
    serverRootCACertificate: ca === undefined ? undefined : Buffer.from(ca),
    clientCertPair: cert === undefined || key === undefined ? undefined : { crt: Buffer.from(cert), key: Buffer.from(key) },
  };
}
