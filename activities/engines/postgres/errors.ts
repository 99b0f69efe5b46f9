import { HeadraceError, PermissionDeniedError, ValidationError } from '../../../sdk/index.js';

interface ServerError extends Error {
  code?: string;
  detail?: string;
}

const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', '57P03']);

/** What an error of PostgreSQL, or of the way to it, means for the step: refused, or tried again. */
export function translatePostgresError(error: unknown, connection: string): Error {
  if (error instanceof HeadraceError || !(error instanceof Error)) return error as Error;
  const { code = '', message, detail } = error as ServerError;
  const options = { where: connection, cause: error };
  const text = detail === undefined ? message : `${message} (${detail})`;
  if (unreachable.has(code))
    return new HeadraceError(`PostgreSQL of '${connection}' cannot be reached: ${message || code}`, { ...options, code: 'unreachable' });
  if (code === '42501' || code.startsWith('28')) return new PermissionDeniedError(text, options);
  if (code === '3D000') return new ValidationError(text, { ...options, code: 'bad_connection' });
  if (code === '42703') return new ValidationError(text, { ...options, code: 'unknown_column' });
  if (code === '42P01' || code === '3F000') return new ValidationError(text, { ...options, code: 'unknown_table' });
  if (code.startsWith('42') || code.startsWith('0A') || code === '25006' || code === '08P01') return new ValidationError(text, { ...options, code: 'bad_sql' });
  if (code.startsWith('22') || code.startsWith('23')) return new ValidationError(text, options);
  return error;
}
