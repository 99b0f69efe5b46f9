import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

/** How an engine is stopped, and how its errors become the house's. */
export interface Interruptible {
  /** As traces name the engine: duckdb, postgresql. */
  system: string;
  /** The connection's name. */
  connection: string;
  signal: AbortSignal;
  interrupt: () => void;
  translate: (error: unknown) => unknown;
}

/** Does some work that the step's signal interrupts. @throws the signal's reason once it is aborted, else the house's errors */
export async function underSignal<Result>({ system, connection, signal, interrupt, translate }: Interruptible, work: () => Promise<Result>): Promise<Result> {
  signal.throwIfAborted();
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    return await traced(system, connection, work);
  } catch (error) {
    signal.throwIfAborted();
    throw translate(error);
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
}

/** Where runs are traced, each statement is a span below its step's. Its text stays out of it: that may hold what the run carries. */
async function traced<Result>(system: string, connection: string, work: () => Promise<Result>): Promise<Result> {
  const attributes = { 'db.system.name': system, 'db.namespace': connection };
  const span = trace.getTracer('headrace').startSpan(`${system} ${connection}`, { kind: SpanKind.CLIENT, attributes });
  try {
    return await work();
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
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
