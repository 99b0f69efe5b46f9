import { versionOf } from '../../worker/dev/executable.js';

/** Settles where `python_script` finds an interpreter that runs. Rejects with a sentence that says what is missing. */
export async function findPython(): Promise<void> {
  const python = process.env.HEADRACE_PYTHON ?? 'python3';
  await versionOf(python).catch((error: Error) => {
    throw new Error(`there is no Python that runs (apt-get install python3): ${error.message}`);
  });
}
