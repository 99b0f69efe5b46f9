/** Whether a step was told to stop because its worker stops: another worker goes on with it, so that what it began outside is left running. */
export function workerStops(signal: AbortSignal): boolean {
  return signal.aborted && /WORKER_SHUTDOWN/.test((signal.reason as Error | undefined)?.message ?? '');
}
