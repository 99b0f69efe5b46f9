import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { availableMemory, cachedRuns } from './memory.js';

const megabyte = 2 ** 20;

test.each([
  [64, 50],
  [320, 50],
  [512, 192],
  [1_024, 704],
  [64_000, 2_000],
])('with %i MB a worker keeps %i runs', (megabytes, runs) => {
  expect(cachedRuns(megabytes * megabyte)).toBe(runs);
});

test('without a limit of its own, a process may use what the machine has', () => {
  expect(availableMemory()).toBeGreaterThan(0);
  expect(availableMemory()).toBeLessThanOrEqual(totalmem());
});

test("a control group's limit is what its processes may use, also below the root", ({ skip }) => {
  const group = limitedGroup();
  if (group === undefined) return skip('no control group could be made');
  onTestFinished(() => rmdirSync(group));
  const module = new URL('./memory.ts', import.meta.url).href;
  const script = `const { availableMemory } = await import('${module}'); console.log(availableMemory());`;
  const shell = `echo $$ > ${group}/cgroup.procs && "$0" --import tsx --input-type=module --eval "$1"`;
  expect(Number(execFileSync('/bin/sh', ['-c', shell, process.execPath, script], { encoding: 'utf8' }))).toBe(400 * megabyte);
});

/** A control group with 400 MB, where we may make one. */
function limitedGroup(): string | undefined {
  const [mount, file] = existsSync('/sys/fs/cgroup/memory') ? ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'] : ['/sys/fs/cgroup', 'memory.max'];
  const made = join(mount, `headrace-${process.pid}`);
  try {
    mkdirSync(made);
  } catch (error) {
    console.log(`The limit of a control group is left out: ${(error as Error).message}`);
    return undefined;
  }
  try {
    writeFileSync(join(made, file), `${400 * megabyte}`, { flag: 'r+' });
    return made;
  } catch (error) {
    rmdirSync(made);
    console.log(`The limit of a control group is left out: ${(error as Error).message}`);
    return undefined;
  }
}
