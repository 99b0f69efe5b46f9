import { HeadraceError, PermissionDeniedError, ValidationError } from '../../../sdk/index.js';
import { certificateError } from '../../http/certificate.js';
import { workFailed } from '../../outside/work-failed.js';

interface ServerError extends Error {
  code?: string;
  detail?: string;
}

/** The server is not there, goes, recovers, or takes no more connections. */
const away = /^(ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|57P0[1-3]|08(?!P01)...|53300)$/;
/** What the driver says of a connection that it has lost, or did not get in time. It has no code for either. */
const lost = /^(Connection terminated|Client has encountered a connection error|timeout e)/;

/** A server and a connection of which only one wants TLS. */
function encryptionError({ message }: Error, options: { where: string; cause: Error }): ValidationError | undefined {
  const told = { ...options, code: 'bad_connection' } as const;
  if (/pg_hba\.conf .*(no encryption|SSL off)/s.test(message))
    return new ValidationError(message, {
      ...told,
      fix: 'The server may take this user by TLS only: name the authority of its certificate, in PEM, as `ca` of the connection (`file:/path`), or end its url with ?sslmode=verify-full.',
    });
  if (!message.includes('does not support SSL connections')) return undefined;
  return new ValidationError(`PostgreSQL of '${options.where}' has no TLS, and the connection asks for it.`, {
    ...told,
    fix: 'Set TLS up on the server (ssl = on), or take `ca` (and sslmode) out of the connection.',
  });
}

/** What an error of PostgreSQL, or of the way to it, means for the step: refused, or tried again. */
export function translatePostgresError(error: unknown, connection: string): Error {
  if (error instanceof HeadraceError || !(error instanceof Error)) return error as Error;
  const { code = '', message, detail } = error as ServerError;
  const options = { where: connection, cause: error };
  const text = detail === undefined ? message : `${message} (${detail})`;
  const insecure = certificateError(`PostgreSQL of '${connection}'`, error, connection) ?? encryptionError(error, options);
  if (insecure !== undefined) return insecure;
  if (away.test(code) || lost.test(message))
    return new HeadraceError(`PostgreSQL of '${connection}' cannot be reached: ${message || code}`, { ...options, code: 'unreachable' });
  if (code.startsWith('28'))
    return new PermissionDeniedError(text, { ...options, fix: "Correct the connection's user or password, or let the server take it (pg_hba.conf)." });
  if (code === '42501') return new PermissionDeniedError(text, options);
  if (code === '3D000') return new ValidationError(text, { ...options, code: 'bad_connection' });
  if (code === '42703') return new ValidationError(text, { ...options, code: 'unknown_column' });
  if (code === '42P01' || code === '3F000') return new ValidationError(text, { ...options, code: 'unknown_table' });
  if (code.startsWith('42') || code.startsWith('0A') || code === '25006' || code === '08P01') return new ValidationError(text, { ...options, code: 'bad_sql' });
  if (code.startsWith('22') || code.startsWith('23')) return new ValidationError(text, options);
  return /^[0-9A-Z]{5}$/.test(code) ? workFailed('PostgreSQL', connection, text, error) : error;
}
