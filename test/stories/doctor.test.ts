import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, inject, test } from 'vitest';
import { searchAttributes } from '../../worker/dev/temporal-server.js';
import { tunedKeys } from '../../worker/dev/tuned-keys.js';
import { startUntuned } from '../servers/untuned.js';
import { runBinary } from './story.js';

const folder = mkdtempSync(join(tmpdir(), 'headrace-doctor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Found {
  code: number;
  step: { ok: boolean; found: string; fix?: string };
}

async function examine(address: string): Promise<Found> {
  const { code, out, err } = await runBinary(['doctor', '--json'], { TEMPORAL_ADDRESS: address }, folder);
  if (out === '') throw new Error(err);
  const findings = JSON.parse(out) as ({ what: string } & Found['step'])[];
  expect(findings).toContainEqual({ what: 'retention', ok: true, found: expect.stringMatching(/^ended runs are kept for \d+ hours/) });
  expect(findings.filter(({ what, ok }) => !ok && what !== 'a sequential step')).toEqual([]);
  return { code, step: findings.find(({ what }) => what === 'a sequential step') as Found['step'] };
}

test('a server that headrace started is quick enough for doctor', async () => {
  const { code, step } = await examine(inject('temporal').address);
  expect(step).toEqual({ what: 'a sequential step', ok: true, found: expect.stringMatching(/^\d+\.\d ms, of which \d+ ms in the queues of the server$/) });
  expect(code).toBe(0);
});

test('of a server that throttles doctor says how slow a step is, why, and each key that mends it', async () => {
  const untuned = await startUntuned(searchAttributes);
  try {
    const { code, step } = await examine(untuned.address);
    expect(step).toMatchObject({ ok: false });
    expect(step.found).toMatch(/^\d{2,}\.\d ms, of which \d{2,} ms in the queues of the server: it throttles reading them$/);
    for (const [key, value] of Object.entries(tunedKeys)) expect(step.fix).toContain(`${key}: ${value}`);
    expect(code).toBe(1);
  } finally {
    await untuned.stop();
  }
});
