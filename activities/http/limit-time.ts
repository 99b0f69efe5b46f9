/** A signal of one request, until it is ended. AbortSignal.any would hang on the step's signal for as long as the step lives, once a request. @param timeout milliseconds */
export function limitTime(signal: AbortSignal, timeout: number): { signal: AbortSignal; isOver: () => boolean; end: () => void } {
  const own = new AbortController();
  let isOver = false;
  const abort = () => own.abort(signal.reason);
  const timer = setTimeout(() => {
    isOver = true;
    own.abort(new Error(`no whole answer within ${timeout / 1_000} seconds`));
  }, timeout);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  const end = () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  };
  return { signal: own.signal, isOver: () => isOver, end };
}
