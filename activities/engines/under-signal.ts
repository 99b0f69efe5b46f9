/** How an engine is stopped, and how its errors become the house's. */
export interface Interruptible {
  signal: AbortSignal;
  interrupt: () => void;
  translate: (error: unknown) => unknown;
}

/** Does some work that the step's signal interrupts. @throws the signal's reason once it is aborted, else the house's errors */
export async function underSignal<Result>({ signal, interrupt, translate }: Interruptible, work: () => Promise<Result>): Promise<Result> {
  signal.throwIfAborted();
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    throw translate(error);
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
}

/** Does some work between BEGIN and COMMIT. */
export async function inTransaction<Result>(
  run: (statement: 'BEGIN' | 'COMMIT') => Promise<unknown>,
  rollBack: () => Promise<unknown>,
  work: () => Promise<Result>,
): Promise<Result> {
  await run('BEGIN');
  try {
    const result = await work();
    await run('COMMIT');
    return result;
  } catch (error) {
    await rollBack();
    throw error;
  }
}
