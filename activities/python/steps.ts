import * as z from 'zod';
import { Cost, step } from '../../sdk/index.js';
import { DoneOn } from '../engines/done-on.js';
import { Placement } from '../kubernetes/placement.js';

const Script = z.union([
  /** A file below the folder of a `files` connection. */
  z.strictObject({ connection: z.string().min(1), path: z.string().min(1) }),
  /** The script itself, for a few lines. */
  z.strictObject({ code: z.string().min(1) }),
  /** A file of the image, for scripts that run on a cluster. */
  z.strictObject({ inImage: z.string().min(1) }),
]);

/**
 * Runs a Python script: as a process of its own on the worker's machine (`python3 -I` in a folder of its own that is removed afterwards, without the worker's
 * environment), or with `on` as a Job of Kubernetes, in an image that has python3 on its PATH. It reads `input` as JSON from stdin and writes its result as JSON into the file that $HEADRACE_RESULT names. What it prints is logged.
 * The same work may be tried again: $HEADRACE_KEY stays the same through all attempts. Exit codes 64 and 65 (EX_USAGE, EX_DATAERR) say that trying again cannot help.
 *
 * @throws ValidationError on exit codes 64 and 65 and a result that is no JSON, HeadraceError script_failed on any other
 * @example
 * const { result } = await pythonScript({ script: { connection: 'scripts', path: 'clean.py' }, input: { day } });
 */
export const pythonScript = step('python_script', {
  description: 'Runs a Python script as a local process or as a Job of Kubernetes.',
  input: z.strictObject({
    script: Script,
    /** Runs it as a Job of a cluster: begun once, followed, and gone on with by another worker when this one dies. */
    on: Placement.optional(),
    args: z.array(z.string()).default([]),
    /** Any JSON. */
    input: z.unknown().optional(),
    /** Connections that a local script gets, each as JSON in $HEADRACE_CONNECTION_<NAME>. It gets no other secret. On a cluster, name Secrets: `on.secrets`. */
    connections: z.array(z.string().min(1)).default([]),
    /** Variables of the script's environment. No secrets: they stand in the run's history. */
    environment: z.record(z.string().regex(/^(?!HEADRACE_)[A-Za-z_]\w*$/, 'a name of letters, digits and _, not HEADRACE_…'), z.string()).default({}),
    /** Address space of each of its processes. */
    memory: z
      .string()
      .regex(/^[1-9]\d*(MB|GB)$/, "a size such as '512MB' or '4GB'")
      .default('4GB'),
    /** Time of computing, of each of its processes. */
    cpuSeconds: z.number().int().min(1).default(3_600),
  }),
  output: z.object({
    /** What the script wrote, or null when it wrote nothing. An integer that a number cannot hold (2^53 and beyond) is a string of its digits. */
    result: z.unknown(),
    /** Lines that it printed. */
    lines: z.number().int(),
    /** The Job, where it was one. */
    engine: DoneOn.optional(),
    /** What the Job took. Of a local process nothing is told. */
    cost: Cost.optional(),
  }),
  retry: 'default',
  timeout: '1 hour',
});
