import type { Command } from 'commander';
import colors from 'picocolors';
import { diagnose } from '../host/diagnose.js';
import { readSettings } from './settings.js';

/** doctor: tries Temporal and each connection, and measures. */
export function addDoctor(command: Command): void {
  command
    .command('doctor')
    .description('try Temporal and every connection, measure a step, and say what is wrong')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const findings = await diagnose(readSettings());
      for (const { what, ok, found, fix } of json === true ? [] : findings) {
        console.log(`${ok ? colors.green('✓') : colors.red('✗')} ${what.padEnd(28)} ${found}`);
        if (fix !== undefined) console.log(`  ${colors.yellow('fix')}: ${fix}`);
      }
      if (json === true) console.log(JSON.stringify(findings, undefined, 2));
      if (findings.some(({ ok }) => !ok)) process.exitCode = 1;
    });
}
