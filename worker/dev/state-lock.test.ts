import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { identify } from './process-identity.js';
import { lockState } from './state-lock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headrace-state-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const claimOf = (owner: object) => writeFileSync(join(folder, 'owner-1.json'), JSON.stringify({ urls: [], since: 'x', ...owner }));

test('a second opener is told who holds the folder, since when, where, and what to do', () => {
  lockState(folder).announce(['http://127.0.0.1:8080']);
  expect(() => lockState(folder)).toThrowError(
    expect.objectContaining({
      code: 'state_in_use',
      message: expect.stringMatching(new RegExp(`in use by pid ${process.pid} since 20.*Z, at http://127.0.0.1:8080`)),
      fix: expect.stringContaining('--state'),
    }),
  );
});

test('a released folder is free again', () => {
  lockState(folder).release();
  lockState(folder).release();
  expect(readdirSync(folder)).toEqual(['owner-2.json']);
});

test('the folder of a dead holder is taken over', async () => {
  const child = spawn('sleep', ['60']);
  claimOf(identify(child.pid as number) as object);
  expect(() => lockState(folder)).toThrow(/in use/);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  expect(lockState(folder).folder).toBe(folder);
});

test('a pid that was given to another process since then holds nothing', () => {
  claimOf({ pid: process.pid, started: 'an earlier boot/1' });
  expect(lockState(folder).folder).toBe(folder);
});

test('a claim that was cut off while being written holds nothing', () => {
  writeFileSync(join(folder, 'owner-1.json'), '{"pid":');
  expect(lockState(folder).folder).toBe(folder);
});

test('a fresh start removes everything but the lock', () => {
  const lock = lockState(folder);
  writeFileSync(join(folder, 'temporal.db'), 'rows');
  lock.clear();
  expect(existsSync(join(folder, 'temporal.db'))).toBe(false);
  expect(() => lockState(folder)).toThrow(/in use/);
});

test('of many processes that open a dead folder at once, one gets it', async () => {
  claimOf({ pid: 999_999_999, started: 'never' });
  const script = `
    const { lockState } = await import(${JSON.stringify(new URL('./state-lock.ts', import.meta.url).href)});
    try { lockState(${JSON.stringify(folder)}); console.log('mine'); } catch (error) { console.log(error.code); }
    setTimeout(() => {}, 4000);`;
  const answers = await Promise.all(Array.from({ length: 6 }, () => firstLine(script)));
  expect(answers.sort()).toEqual(['mine', ...Array(5).fill('state_in_use')]);
});

function firstLine(script: string): Promise<string> {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script]);
  return new Promise((resolve, reject) => {
    child.stdout.once('data', (chunk) => resolve(String(chunk).trim()));
    child.once('exit', () => reject(new Error('it ended without a word')));
  });
}
