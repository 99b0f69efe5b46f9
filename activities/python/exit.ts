import type * as z from 'zod';
import { HeadraceError, ValidationError } from '../../sdk/index.js';
import type { PrintedLines } from './printed-lines.js';
import type { End } from './process.js';
import type { pythonScript } from './steps.js';

/** EX_USAGE and EX_DATAERR of sysexits.h: the script says that what it was given is wrong. */
const refusals = [64, 65];
/** As a shell says it: something of that name is there and cannot be run, or nothing is. */
const notStarted = [126, 127];

/** Throws what a script's end stands for, with its last lines. */
export function judge({ code, signal }: End, { script, on, cpuSeconds }: z.output<typeof pythonScript.input>, lines: PrintedLines): void {
  if (code === 0) return;
  const path = 'path' in script ? script.path : 'inImage' in script ? script.inImage : undefined;
  const name = path === undefined ? 'The script' : `The script ${path}`;
  const reason =
    signal === 'SIGXCPU' ? `computed for more than ${cpuSeconds} seconds` : signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
  const message = [`${name} ${reason}.`, ...lines.last].join('\n');
  if (code !== null && refusals.includes(code)) throw new ValidationError(message, { code: 'script_failed' });
  const fix =
    on === undefined && code !== null && notStarted.includes(code)
      ? "If python3 is not on the worker's PATH, install it or set HEADRACE_PYTHON to its path."
      : undefined;
  throw new HeadraceError(message, { code: 'script_failed', ...(fix === undefined ? {} : { fix }) });
}
