import { exitCode } from './explain.js';
import { note } from './output.js';

/** What follows something until its end, or until Ctrl-C, which leaves it alone and says so. */
export async function interruptible<T>(said: string, follow: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const stop = new AbortController();
  // A second Ctrl-C ends the process at once.
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  try {
    const result = await follow(stop.signal);
    if (!stop.signal.aborted) return result;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    process.off('SIGINT', interrupt);
  }
  note(said);
  process.exitCode = exitCode.interrupted;
  return undefined;
}
