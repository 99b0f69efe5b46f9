import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asker } from '../../worker/api/client.fixture.js';
import { holderOf } from '../../worker/dev/ownership.js';
import { freePort } from '../../worker/dev/port.js';
import { until } from '../faults/until.js';
import { freshClone } from './clone.js';
import { NpmStart, type } from './npm-start.js';

let clone: string;
let started: NpmStart;
/** What the first start printed of itself. */
let printed: { api: string; ui: string; temporal: string; badDay: string };

const isThere = /Ctrl-C stops everything; what waits is kept/;

beforeAll(async () => {
  clone = freshClone();
  started = new NpmStart(clone);
  await started.says(isThere);
  printed = read(started.output);
});
afterAll(async () => {
  await started?.leave();
  rmSync(clone, { recursive: true, force: true });
});

function read(output: string): typeof printed {
  const find = (pattern: RegExp) => pattern.exec(output)?.[1] ?? `no ${pattern} in: ${output}`;
  return {
    api: find(/ API +(http\S+)/),
    ui: find(/ Temporal UI +(http\S+)/),
    temporal: find(/ Temporal +([\d.]+:\d+), namespace matih-pipelines/),
    badDay: find(/(\S+) {2}WAITING_FOR_APPROVAL/),
  };
}

const portOf = (url: string) => Number(url.split(':').at(-1));
const statusOf = async (workflowId: string) => (await asker(printed.api).status(workflowId)) as { status: string; output?: unknown };

/** Runs the first pipeline of README, and gives how many months it says that it has loaded. */
async function months(): Promise<unknown> {
  const { out, err } = await type(clone, 'npx headrace run monthly_weather year=2014 --json');
  if (out === '') throw new Error(err);
  return (JSON.parse(out) as { output: { months: unknown } }).output.months;
}

// The tests of one start: each goes on where the one before has left it.
describe('npm start in a clone', { timeout: 240_000, retry: 0 }, () => {
  test('shows a good day that is loaded, a bad day that waits, and where to look, and stays up', async () => {
    expect(started.output).toMatch(/A good day: 2001-06-30\n\S+ {2}SUCCEEDED {2}100 % {2}\d+\S*s\n/);
    expect(started.output).toMatch(/✓ load_data#1 .* 3,129 rows\n {2}\{"status":"COMPLETED","day":"2001-06-30","rows":3129,"flights":15626,"score":1\}/);
    expect(started.output).toContain(`npx headrace approve ${printed.badDay} load_anyway reason=…`);
    const links = started.output.match(/http:\/\/\S+/g) ?? [];
    expect(links.filter((link) => link.startsWith(printed.ui) || link.startsWith(printed.api))).toHaveLength(6);
    for (const link of links.filter((it) => it !== printed.api)) expect(await fetch(link), link).toMatchObject({ status: 200 });
    expect(await (await fetch(`${printed.api}/ready`)).json()).toMatchObject({ status: 'ready' });
    expect(started.isUp).toBe(true);
  });

  test('beside it, another one says who holds the clone or the port, or takes free ports and with --exit ends with 0', async () => {
    const again = new NpmStart(clone);
    expect(await again.ended).toBe(2);
    const [, holder] = /state_in_use: \.headrace is in use by pid (\d+) since /.exec(again.output) ?? [again.output];
    expect(started.processes().map(({ pid }) => pid)).toContain(Number(holder));
    expect(again.output).toContain(`at ${printed.api}/v1 and ${printed.ui}`);

    const onItsPort = new NpmStart(clone, '--state', '.headrace-2', '--port', `${portOf(printed.api)}`);
    expect(await onItsPort.ended).toBe(2);
    expect(onItsPort.output).toMatch(new RegExp(`port_taken: port ${portOf(printed.api)} is taken by pid \\d+ .*\nfix: `));

    const beside = new NpmStart(clone, '--state', '.headrace-2', '--exit');
    expect(await beside.ended).toBe(0);
    expect(beside.output).toMatch(/ SUCCEEDED [\s\S]* WAITING_FOR_APPROVAL /);
    expect(beside.output).not.toContain(`${printed.api}/`);
    expect(await statusOf(printed.badDay)).toMatchObject({ status: 'WAITING_FOR_APPROVAL' });
  });

  test('a saved file is what the next run has, and one that cannot be read takes nothing away', async () => {
    const file = join(clone, 'examples/first-pipeline/first-pipeline.ts');
    const text = readFileSync(file, 'utf8');
    const save = async (changed: string, answer: RegExp) => {
      const before = started.output.length;
      writeFileSync(file, changed);
      return (await started.says(answer, before))[0];
    };
    const reloaded = /first-pipeline\.ts changed: reloaded in \d+ ms\n/;
    expect(await months()).toBe(12);
    await save(text.replace('months: rows', 'months: -rows'), reloaded);
    expect(await months()).toBe(-12);
    const said = await save(text.replace('export const', 'export cons'), /first-pipeline\.ts changed, and what was there before goes on: .*[\s\S]*?fix: .*\n/);
    expect(said).toContain(`${file}:`);
    expect(await months()).toBe(-12);
    await save(text, reloaded);
    expect(await months()).toBe(12);
    expect(await statusOf(printed.badDay)).toMatchObject({ status: 'WAITING_FOR_APPROVAL' });
  });

  test('Ctrl-C leaves no process, no port and no lock', async () => {
    const running = started.processes();
    expect(running.length).toBeGreaterThan(4); // npm, dev, Temporal, worker and API, and the next of those
    expect(await started.leave()).toEqual([]);
    for (const port of [printed.api, printed.ui, printed.temporal].map(portOf)) expect(await freePort(port)).toBe(port);
    expect(holderOf(join(clone, '.headrace'))).toBeUndefined();
    expect(started.output).toMatch(/stopping …\n$/);
  });

  test('started again it finds the bad day still waiting, and the command that it prints approves', async () => {
    started = new NpmStart(clone);
    await started.says(isThere);
    expect(read(started.output).badDay).toBe(printed.badDay);
    printed = read(started.output);
    const [command = ''] = /npx headrace approve .*/.exec(started.output) ?? [];
    const approved = await type(clone, command.replace('reason=…', "'reason=a holiday'"));
    expect(approved).toMatchObject({ code: 0, out: expect.stringContaining('approved') });
    const ended = await until(
      () => statusOf(printed.badDay),
      ({ status }) => status === 'SUCCEEDED',
    );
    expect(ended.output).toMatchObject({ status: 'COMPLETED', day: '2001-07-01', flights: 6 });
    expect(await started.leave()).toEqual([]);
  });
});
