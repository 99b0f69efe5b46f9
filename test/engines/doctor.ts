import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { BinaryProcess } from '../faults/binary-process.js';

/** What `headrace doctor` prints of connections that are broken, by their names: the mark, what it found, and the fix. */
export async function doctorSays(connections: Record<string, object>): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-doctor-'));
  try {
    const settings = join(folder, 'headrace.json');
    writeFileSync(settings, JSON.stringify({ connections }));
    const doctor = new BinaryProcess(['doctor'], { HEADRACE_SETTINGS: settings, TEMPORAL_ADDRESS: '127.0.0.1:1', NO_COLOR: '1' });
    expect(await doctor.exited).toBe(1);
    const told = doctor.output.split(/\n(?=[✓✗] )/).flatMap((text) => {
      const [, name] = /^[✓✗] connection (\S+)/.exec(text) ?? [];
      return name === undefined ? [] : [[name, text.replace(/ +/g, ' ').trim()]];
    });
    return Object.fromEntries(told) as Record<string, string>;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
