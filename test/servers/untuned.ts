import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultNamespace } from '../../sdk/authoring/temporal-names.js';
import { findTemporal } from '../../worker/dev/find-temporal.js';
import { leash } from '../../worker/dev/leash.js';
import { freePort } from '../../worker/dev/port.js';
import { temporalAnswers } from '../../worker/dev/temporal-health.js';

/** Temporal's dev server as it comes: the same program and namespace and a database in a file, and none of our keys. */
export async function startUntuned(attributes: readonly string[] = []): Promise<{ address: string; stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-untuned-'));
  const port = await freePort();
  const place = ['--ip', '127.0.0.1', '--port', String(port), '--namespace', defaultNamespace, '--db-filename', join(folder, 'temporal.db')];
  const registered = attributes.flatMap((name) => ['--search-attribute', `${name}=Keyword`]);
  const child = spawn(await findTemporal(), ['server', 'start-dev', '--headless', '--log-level', 'error', ...place, ...registered], { stdio: 'ignore' });
  const exited = new Promise<unknown>((resolve) => child.once('exit', resolve));
  const unleash = leash(child.pid as number);
  await temporalAnswers(`127.0.0.1:${port}`, defaultNamespace, attributes, exited);
  const stop = async () => {
    child.kill();
    await exited;
    unleash();
    rmSync(folder, { recursive: true, force: true });
  };
  return { address: `127.0.0.1:${port}`, stop };
}
