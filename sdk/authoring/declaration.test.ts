import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { approval } from './approval.js';
import { HeadraceError } from './errors.js';
import { pipeline } from './pipeline.js';
import { step } from './step.js';

const Empty = z.object({});
const refusal = (declare: () => unknown): HeadraceError => {
  try {
    declare();
  } catch (error) {
    if (error instanceof HeadraceError) return error;
    throw error;
  }
  throw new Error('It was not refused.');
};

describe('an id', () => {
  test.each(['', 'Sales', 'daily-sales', '1st', 'a b', 'ä', 'a'.repeat(101)])('%j is refused with the form', (id) => {
    for (const declare of [() => step(id), () => approval(id, { question: '?' }), () => pipeline(id, { input: Empty, output: Empty }, async () => ({}))]) {
      expect(refusal(declare)).toMatchObject({ code: 'bad_declaration', fix: expect.stringContaining('small letters') });
    }
  });

  test.each(['a', 'daily_sales', 'a'.repeat(100), 'x2'])('%s is taken', (id) => {
    expect(step(id).id).toBe(id);
  });
});

describe('an unknown option is refused with those that there are', () => {
  test.each([
    ['of a step', () => step('a', { retries: 3 } as never), /step a has no option 'retries'\. Its options are input, output/],
    ['of an approval', () => approval('a', { question: '?', deadline: '1 hour' } as never), /approval a has no option 'deadline'/],
    [
      'of a pipeline',
      () => pipeline('a', { input: Empty, output: Empty, schedule: '* * * * *' } as never, async () => ({})),
      /pipeline a has no option 'schedule'/,
    ],
    [
      'of notifications',
      () => pipeline('a', { input: Empty, output: Empty, notifications: { failure: async () => undefined } as never }, async () => ({})),
      /notifications has no option 'failure'/,
    ],
  ])('%s', (_, declare, message) => {
    const error = refusal(declare);
    expect(error.code).toBe('unknown_option');
    expect(error.message).toMatch(message);
  });
});

describe('a value that cannot work is refused where it is declared', () => {
  test.each([
    ['a retry preset', () => step('a', { retry: 'often' as never }), 'bad_declaration'],
    ['a time-out', () => step('a', { timeout: 'soon' as never }), 'bad_declaration'],
    ['a fast step of a minute', () => step('a', { fast: true, timeout: '1 minute' }), 'bad_declaration'],
    ["an approval's time", () => approval('a', { question: '?', within: 'soon' as never }), 'bad_declaration'],
    ['a maxDuration', () => pipeline('a', { input: Empty, output: Empty, maxDuration: 'long' as never }, async () => ({})), 'bad_declaration'],
    ['what a step gives otherwise', () => step('a', { output: z.number(), otherwise: 'x' as never }), 'bad_declaration'],
    ["a step's schema", () => step('a', { input: z.date() as never }), 'unsafe_schema'],
    [
      "a pipeline's schema",
      () => pipeline('a', { input: Empty, output: z.map(z.string(), z.string()) as never }, async () => new Map() as never),
      'unsafe_schema',
    ],
    ['a pipeline without an output', () => pipeline('a', { input: Empty } as never, async () => ({})), 'unsafe_schema'],
    ['a pipeline without an input', () => pipeline('a', { output: Empty } as never, async () => ({})), 'unsafe_schema'],
    ['a pipeline without a body', () => pipeline('a', { input: Empty, output: Empty }, undefined as never), 'bad_declaration'],
    ['a pipeline without options', () => pipeline('a', (async () => ({})) as never, undefined as never), 'bad_declaration'],
    ['a step with a function for options', () => step('a', (async () => 1) as never), 'bad_declaration'],
    [
      'a notification that is no function',
      () => pipeline('a', { input: Empty, output: Empty, notifications: { failed: 'ops' as never } }, async () => ({})),
      'bad_declaration',
    ],
    ['nobody', () => approval('a', { question: '?', required: 0 }), 'bad_declaration'],
    ['half a person', () => approval('a', { question: '?', required: 1.5 }), 'bad_declaration'],
    ['a crowd', () => approval('a', { question: '?', required: 21 }), 'bad_declaration'],
    ["a role's name", () => approval('a', { question: '?', roles: ['the boss'] }), 'bad_declaration'],
    ["an answer's schema", () => approval('a', { question: '?', answer: z.bigint() as never }), 'unsafe_schema'],
    [
      'an approval twice',
      () => ((it) => pipeline('a', { input: Empty, output: Empty, approvals: [it, it] }, async () => ({})))(approval('b', { question: '?' })),
      'duplicate_id',
    ],
  ])('%s', (_, declare, code) => {
    expect(refusal(declare)).toMatchObject({ code, fix: expect.any(String), where: expect.stringContaining(' a') });
  });
});

test('what is left out has the defaults of the specification', () => {
  const { retry, timeout, fast } = step('a');
  expect({ retry, timeout, fast }).toEqual({ retry: 'default', timeout: 600_000, fast: false });
  expect(step('a', { fast: true }).timeout).toBe(10_000);
  expect(approval('a', { question: '?' }).within).toBe(14_400_000);
  expect(pipeline('a', { input: Empty, output: Empty }, async () => ({})).maxDuration).toBe(86_400_000);
  expect(pipeline('a', { input: Empty, output: Empty, maxDuration: 'none' }, async () => ({})).maxDuration).toBeUndefined();
});

test('a step that is called outside a pipeline says so, with what to do', () => {
  expect(refusal(() => step('a')())).toMatchObject({
    code: 'outside_pipeline',
    message: expect.stringContaining("'a'"),
    fix: expect.stringContaining('headrace/testing'),
  });
});
