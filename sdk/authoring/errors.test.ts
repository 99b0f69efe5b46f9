import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { catalogue } from './error-catalogue.js';
import {
  ApprovalExpired,
  Declined,
  HeadraceError,
  PermissionDeniedError,
  Refused,
  RetryLater,
  RunTimedOut,
  SchemaConflictError,
  StepFailed,
  ValidationError,
} from './errors.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

const isTest = (file: string) => /\.(test|test-d|fixture)\.|fixtures\//.test(file);

function read(folder: string, wanted: (file: string) => boolean): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|mjs)$/.test(file) && wanted(file))
    .map((file) => readFileSync(join(root, folder, file), 'utf8'));
}

const folders = ['sdk', 'activities', 'workflows', 'worker'];
const text = folders.flatMap((folder) => read(folder, (file) => !isTest(file) && !file.includes('error-catalogue'))).join('\n');
const tests = [...folders.flatMap((folder) => read(folder, isTest)), ...read('test', () => true)].join('\n');

test.each(Object.keys(catalogue))('the code %s is given somewhere', (code) => {
  expect(text).toMatch(new RegExp(`'${code}'`));
});

test.each(Object.keys(catalogue))('the code %s stands in a test', (code) => {
  expect(tests).toMatch(new RegExp(`['"\`/: ]${code}['"\`:]`));
});

test('every code that is given is in the catalogue', () => {
  const given = [...text.matchAll(/\bcode: '([a-z_]+)'/g)].map(([, code]) => code as string);
  expect([...new Set(given)].filter((code) => !(code in catalogue))).toEqual([]);
});

test('every code has a fix', () => {
  for (const fix of Object.values(catalogue)) expect(fix).toMatch(/^\S.{10,}\S$/);
});

describe('errors', () => {
  test('carry code, fix and where, and the catalogue knows the fix', () => {
    const cause = new Error('below');
    const error = new HeadraceError('It is so.', { code: 'unknown_run', where: 'x', cause });
    expect(error).toMatchObject({ name: 'HeadraceError', message: 'It is so.', code: 'unknown_run', where: 'x', fix: catalogue.unknown_run, cause });
    expect(new HeadraceError('It is so.', { code: 'unknown_run', fix: 'Better.' }).fix).toBe('Better.');
    expect(new HeadraceError('It is so.', { code: 'our_own' }).fix).toBeUndefined();
    expect(new HeadraceError('It is so.').code).toBe('failed');
  });

  test('have their usual code', () => {
    const codes = [
      new Refused(''),
      new ValidationError(''),
      new PermissionDeniedError(''),
      new SchemaConflictError(''),
      new RetryLater('', { after: 1 }),
      new Declined('a', ''),
      new ApprovalExpired('a', ''),
      new RunTimedOut(''),
    ];
    expect(codes.map(({ code }) => code)).toEqual([
      'refused',
      'validation_failed',
      'permission_denied',
      'schema_conflict',
      'retry_later',
      'declined',
      'approval_expired',
      'run_timed_out',
    ]);
    expect(new StepFailed('', { step: 's', callId: 's#1', type: 'Error' })).toMatchObject({ code: 'step_failed', where: 's#1' });
  });

  test('that are never retried are Refused', () => {
    for (const error of [new ValidationError(''), new PermissionDeniedError(''), new SchemaConflictError('')]) expect(error).toBeInstanceOf(Refused);
    expect(new RetryLater('', { after: 1 })).not.toBeInstanceOf(Refused);
  });

  test('have the name of their class, also one of a team', () => {
    class OutOfStock extends Refused {}
    expect(new OutOfStock('none left')).toMatchObject({ name: 'OutOfStock', code: 'refused' });
  });
});
