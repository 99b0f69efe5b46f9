import type { Api } from '../../sdk/api-client/index.js';
import { formatDuration } from '../../sdk/authoring/duration.js';
import { clock, colors, moment, plain } from './terminal.js';

/** What happened, on one line; with the run where it is not said already. */
export function printEvent({ time, type, subject, data }: Api<'Event'>, { ofRun }: { ofRun: boolean }): string {
  const when = ofRun ? clock(time) : moment(time);
  return [colors.dim(when), colorOf(type)(type.replace(/^PIPELINE_/, '')), ...(ofRun ? [] : [plain(subject)]), ...facts(data)].join('  ');
}

function colorOf(type: string): (text: string) => string {
  if (/FAILED|TIMED_OUT|TERMINATED/.test(type)) return colors.red;
  if (/WAITING|RETRYING|DECLINED|CANCELLED|ROLLED_BACK/.test(type)) return colors.yellow;
  return /SUCCEEDED|APPROVED|COMPLETED/.test(type) ? colors.green : (text) => text;
}

interface Facts {
  callId?: string;
  step?: string;
  wait?: string;
  question?: string;
  attempt?: number;
  durationMs?: number;
  rows?: number;
  by?: string;
  reason?: string;
  comment?: string;
  error?: { type: string; message: string };
}

function facts(data: Facts): string[] {
  const { callId, step, wait, attempt = 1, durationMs, rows, by, question, reason, comment, error } = data;
  const said = error === undefined ? (reason ?? comment ?? question) : `${error.type}: ${error.message}`;
  return [
    callId ?? step ?? wait,
    durationMs === undefined ? undefined : formatDuration(durationMs),
    rows === undefined ? undefined : `${rows.toLocaleString('en')} rows`,
    attempt < 2 ? undefined : `attempt ${attempt}`,
    by === undefined ? undefined : `by ${plain(by)}`,
    said === undefined ? undefined : plain(said),
  ].filter((it) => it !== undefined);
}
