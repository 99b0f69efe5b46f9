import type { KyselyPlugin, QueryResult, UnknownRow } from 'kysely';
import type { HeadraceError } from '../../sdk/authoring/errors.js';
import { type KeyRing, missingKey } from '../../sdk/node/encryption/key-ring.js';
import type { StatusError } from '../../sdk/node/status/run-status.js';
import { requiredJson, safeText } from './safe-json.js';

/** How the registry writes what runs carry: inputs, outputs, errors, evidence, answers, comments, reasons and log lines. */
export interface Sealing {
  /** Whether it is encrypted. */
  readonly encrypts: boolean;
  /** For a jsonb column. */
  json(value: unknown): string | null;
  /** For a text column. */
  text(value: string | null | undefined): string | null;
}

/** What stands in a column instead of the value; in a text column it is JSON. */
interface SealedValue {
  encrypted: string;
  keyId: string;
}

/** @param ring without one, everything is written in plain */
export function sealingWith(ring: KeyRing | undefined): Sealing {
  const write = (plain: string) => (ring === undefined ? plain : seal(ring, plain));
  return {
    encrypts: ring !== undefined,
    json: (value) => (value === undefined ? null : write(requiredJson(value))),
    text: (value) => (value == null ? null : write(safeText(value))),
  };
}

function seal(ring: KeyRing, plain: string): string {
  const { keyId, data } = ring.seal(Buffer.from(plain));
  return JSON.stringify({ encrypted: data.toString('base64'), keyId } satisfies SealedValue);
}

/**
 * Decrypts what is read, wherever it is read. A value whose key is not here says so in its place, in the form of an error, so that a
 * list does not end at one row.
 */
export function openingPlugin(ring: KeyRing | undefined): KyselyPlugin {
  const open = (value: unknown) => openColumn(ring, value);
  return {
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }: { result: QueryResult<UnknownRow> }) => ({ ...result, rows: result.rows.map((row) => mapRow(row, open)) }),
  };
}

function mapRow(row: UnknownRow, open: (value: unknown) => unknown): UnknownRow {
  for (const [name, value] of Object.entries(row)) {
    const opened = open(value);
    if (opened !== value) row[name] = opened;
  }
  return row;
}

function openColumn(ring: KeyRing | undefined, value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith('{"encrypted":') ? openText(ring, value) : value;
  if (!isSealedValue(value)) return value;
  try {
    return JSON.parse(open(ring, value)) as unknown;
  } catch (error) {
    return describe(error as HeadraceError);
  }
}

function openText(ring: KeyRing | undefined, text: string): string {
  const value = parse(text);
  if (!isSealedValue(value)) return text;
  try {
    return open(ring, value);
  } catch (error) {
    return (error as HeadraceError).message;
  }
}

function open(ring: KeyRing | undefined, { encrypted, keyId }: SealedValue): string {
  if (ring === undefined) throw missingKey(keyId);
  return ring.open(keyId, Buffer.from(encrypted, 'base64')).toString();
}

function describe({ message, code, fix, where }: HeadraceError): StatusError {
  return { type: 'Unreadable', message, code, fix, where };
}

function isSealedValue(value: unknown): value is SealedValue {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 2) return false;
  const { encrypted, keyId } = value as Partial<SealedValue>;
  return typeof encrypted === 'string' && typeof keyId === 'string';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
