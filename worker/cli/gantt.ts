import type { Api } from '../../sdk/api-client/index.js';

type Call = Pick<Api<'Call'>, 'offsetMs' | 'durationMs'>;

/** A call's bar between the run's begin and its end, or now. At least one character long. */
export function ganttBar({ offsetMs, durationMs }: Call, total: number, width: number): string {
  const scale = (milliseconds: number) => Math.round((milliseconds / Math.max(1, total)) * width);
  const from = Math.min(Math.max(0, scale(offsetMs)), width - 1);
  const to = Math.min(Math.max(from + 1, scale(offsetMs + (durationMs ?? Math.max(0, total - offsetMs)))), width);
  return `${' '.repeat(from)}${(durationMs === undefined ? '▒' : '█').repeat(to - from)}${' '.repeat(width - to)}`;
}
