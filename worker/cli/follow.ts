import { setTimeout as wait } from 'node:timers/promises';
import colors from 'picocolors';
import type { Api } from '../../sdk/api-client/index.js';
import { approvalHint } from './print-status.js';

type RunStatus = Api<'RunStatus'>;

const interval = 400;
const barWidth = 24;

/** Reads a run's status until its end, with a bar on a terminal and a line per change in a pipe. */
export async function follow(read: () => Promise<RunStatus>, quiet: boolean): Promise<RunStatus> {
  const report = quiet ? () => undefined : process.stdout.isTTY ? drawBar : lines();
  for (;;) {
    const status = await read();
    report(status);
    if (status.endedAt !== undefined) {
      if (process.stdout.isTTY && !quiet) process.stdout.write('\r\u001b[K');
      return status;
    }
    await wait(interval);
  }
}

function drawBar(status: RunStatus): void {
  const filled = Math.round(status.progress * barWidth);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`;
  const waits = status.pendingSignals[0];
  const doing = waits === undefined ? (status.currentActivity ?? '') : colors.yellow(`waits: ${approvalHint(status.workflowId, waits)}`);
  process.stdout.write(`\r\u001b[K${bar} ${Math.round(status.progress * 100)} % ${status.status} ${doing}`);
}

function lines(): (status: RunStatus) => void {
  const seen = new Set<string>();
  const say = (line: string) => {
    if (!seen.has(line)) console.log(line);
    seen.add(line);
  };
  return ({ activities, pendingSignals, workflowId }) => {
    for (const it of activities)
      say(`${it.callId ?? it.name} ${it.status}${it.duration === undefined ? '' : ` in ${it.duration}`}${it.reason === undefined ? '' : `: ${it.reason}`}`);
    for (const waits of pendingSignals) say(`waits for ${waits.id}: ${approvalHint(workflowId, waits)}`);
  };
}
