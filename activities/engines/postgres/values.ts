import type { Parameter } from '../engine.js';

/** PostgreSQL reads every parameter from text, as the type that the statement needs. */
export function bindValue(value: Parameter): string | null {
  return value === null ? null : String(value);
}

const oid = { bool: 16, int8: 20, int2: 21, int4: 23, float4: 700, float8: 701, json: 114, jsonb: 3802, timestamp: 1114, timestamptz: 1184 } as const;

/** A value that PostgreSQL sent as text, JSON-safe. */
export function toJson(text: string | null, type: number): unknown {
  if (text === null) return null;
  switch (type) {
    case oid.bool:
      return text === 't';
    case oid.int2:
    case oid.int4:
      return Number(text);
    case oid.int8:
      return Number.isSafeInteger(Number(text)) ? Number(text) : text;
    case oid.float4:
    case oid.float8:
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case oid.json:
    case oid.jsonb:
      return JSON.parse(text);
    case oid.timestamp:
      return text.replace(' ', 'T');
    case oid.timestamptz:
      return text.replace(' ', 'T').replace(/\+00$/, 'Z');
    default:
      return text;
  }
}
