import { diagnose, type Finding } from '../host/diagnose.js';
import { exitCode } from './explain.js';
import { type Form, show } from './output.js';
import { readSettings } from './settings.js';
import { colors } from './terminal.js';

/** Tries Temporal and each connection, measures, and prints what it found. */
export async function examine(form: Form): Promise<void> {
  const findings = await diagnose(readSettings());
  show(findings, form, findings.flatMap(print).join('\n'));
  if (findings.some(({ ok }) => !ok)) process.exitCode = exitCode.failed;
}

function print({ what, ok, found, fix }: Finding): string[] {
  const mark = ok ? colors.green('✓') : colors.red('✗');
  return [`${mark} ${what.padEnd(28)} ${found}`, ...(fix === undefined ? [] : [`  ${colors.yellow('fix')}: ${fix}`])];
}
