import { expect, test } from 'vitest';
import { PodLog } from './pod-log.js';

/** A log that answers with these texts, one after another. */
function logOf(...texts: string[]) {
  const lines: string[] = [];
  const cluster = {
    namespace: 'default',
    async *read() {
      yield texts.shift() ?? '';
    },
  };
  return { lines, log: new PodLog(cluster, (line) => lines.push(line)) };
}

const signal = new AbortController().signal;

test('a log is read on where it was left, also when the clock of the node is put back for the winter', async () => {
  const summer = '2026-10-25T02:59:59.900000000+02:00 one\n2026-10-25T02:59:59.950000000+02:00 two\n';
  const { lines, log } = logOf(summer, `${summer}2026-10-25T02:00:00.000000001+01:00 three\n`);
  await log.readOn('pod', false, signal);
  await log.readOn('pod', true, signal);
  expect(lines).toEqual(['one', 'two', 'three']);
});

test('what a node says in the place of a log is no line of it, and loses none of those that come', async () => {
  const { lines, log } = logOf('unable to retrieve container logs for containerd://17', '2026-10-25T02:00:00.5Z one\n');
  await expect(log.readOn('pod', true, signal)).rejects.toThrow('unable to retrieve container logs');
  await log.readOn('pod', true, signal);
  expect(lines).toEqual(['one']);
});
