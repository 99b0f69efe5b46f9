import { CommanderError } from 'commander';
import { ApiError } from '../../sdk/api-client/index.js';
import { catalogue } from '../../sdk/authoring/error-catalogue.js';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { withoutSecrets } from '../../sdk/node/connections/known-secrets.js';
import { wantsJson } from './output.js';
import { errorColors } from './terminal.js';

/** Exit codes: a run that failed, a request that cannot be served, a run that ended without success though nothing failed, Ctrl-C. */
export const exitCode = { succeeded: 0, failed: 1, usage: 2, notSucceeded: 3, interrupted: 130 } as const;

/** Prints an error as what happened and what to do, and gives the exit code. A stack trace is shown with HEADRACE_DEBUG=1 only. */
export function explain(error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) return exitCode.succeeded;
  if (wantsJson()) console.error(withoutSecrets(JSON.stringify({ error: asJson(error) })));
  // Of a command that cannot be read, commander has said so.
  else if (!(error instanceof CommanderError)) explainText(error);
  if (process.env.HEADRACE_DEBUG === '1') console.error(error);
  return exitCode.usage;
}

function explainText(error: unknown): void {
  const { message, fix, code } = describe(error);
  console.error(`${errorColors.red('error')}${code === undefined ? '' : ` ${code}`}: ${withoutSecrets(message)}`);
  if (fix !== undefined) console.error(`${errorColors.yellow('fix')}: ${fix}`);
}

function asJson(error: unknown) {
  if (error instanceof CommanderError) return { code: 'usage', message: error.message.replace(/^error: /, ''), fix: catalogue.usage };
  return { ...describe(error), ...(error instanceof ApiError ? { status: error.status, decided: error.decided } : {}) };
}

function describe(error: unknown): { code?: string; message: string; fix?: string; where?: string } {
  if (!(error instanceof HeadraceError)) return { message: String((error as Error)?.message ?? error) };
  const { code, message, fix, where } = error;
  return { code, message, fix, where };
}
