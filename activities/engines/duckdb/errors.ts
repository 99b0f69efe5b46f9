import { HeadraceError, PermissionDeniedError, ValidationError } from '../../../sdk/index.js';

/** What a DuckDB error means for the step: refused, or tried again. */
export function translateDuckDbError(error: unknown, connection: string): Error {
  if (error instanceof HeadraceError || !(error instanceof Error)) return error as Error;
  const message = error.message.replace(/^Failed to extract statements: /, '');
  const options = { where: connection, cause: error };
  if (/^Binder Error: .*(column "|Referenced column|does not have a column)/s.test(message))
    return new ValidationError(withoutPointer(message), { ...options, code: 'unknown_column' });
  if (/^Catalog Error: Table with name .* does not exist/s.test(message))
    return new ValidationError(withoutPointer(message), { ...options, code: 'unknown_table' });
  if (/^(Parser|Binder|Catalog|Syntax|Not implemented|Invalid Input) Error|^Failed to bind value/.test(message))
    return new ValidationError(message, { ...options, code: 'bad_sql' });
  if (/^(Conversion|Constraint|Out of Range) Error/.test(message)) return new ValidationError(withoutPointer(message), options);
  if (/^Permission Error/.test(message)) return new PermissionDeniedError(message, options);
  if (/Could not set lock on file/.test(message)) return locked(message, connection, error);
  if (/^IO Error: .*Permission denied/s.test(message)) return new PermissionDeniedError(message, options);
  return error;
}

function withoutPointer(message: string): string {
  return message.split('\n\nLINE ')[0] ?? message;
}

function locked(message: string, connection: string, cause: Error): HeadraceError {
  const [, file] = /lock on file "(.*?)"/s.exec(message) ?? [];
  const [, program, pid] = /held in (.*?) \(PID (\d+)\)/s.exec(message) ?? [];
  const holder = pid === undefined ? 'another process' : `process ${pid} (${program})`;
  return new HeadraceError(`${file ?? 'The database file'} is held by ${holder}.`, { code: 'duckdb_locked', where: connection, cause });
}
