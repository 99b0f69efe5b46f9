import { CommanderError } from 'commander';
import colors from 'picocolors';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { withoutSecrets } from '../../sdk/node/connections/known-secrets.js';

/** Exit codes: a run that failed, a request that cannot be served, a run that ended without success though nothing failed. */
export const exitCode = { succeeded: 0, failed: 1, usage: 2, notSucceeded: 3 } as const;

/** Prints an error as what happened and what to do, and gives the exit code. A stack trace is shown with HEADRACE_DEBUG=1 only. */
export function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.succeeded : exitCode.usage;
  const { message, fix, code } =
    error instanceof HeadraceError ? error : { message: String((error as Error)?.message ?? error), fix: undefined, code: undefined };
  console.error(`${colors.red('error')}${code === undefined ? '' : ` ${code}`}: ${withoutSecrets(message)}`);
  if (fix !== undefined) console.error(`${colors.yellow('fix')}: ${fix}`);
  if (process.env.HEADRACE_DEBUG === '1') console.error(error);
  return exitCode.usage;
}
