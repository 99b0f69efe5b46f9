import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const temporal = { group: ['@temporalio/*'], message: 'Only sdk/sandbox may import @temporalio/workflow here: what an author imports knows no Temporal.' };
const node = { regex: '^node:', message: "This runs in Temporal's sandbox as well, where Node's modules do not exist: do it in a step's run.ts." };
const nodeSide = {
  regex: '(^headrace/(node|testing|worker)$)|(/(sdk/node|node|testing)/)',
  message: 'This file is safe on both sides: the Node side may import it, and never the other way round.',
};
const run = {
  regex: 'activities/(.+/run|implementations)\\.js$|^\\./run\\.js$',
  message: 'A step is declared in steps.ts and done in run.ts: the sandbox must not load the engines.',
};
const worker = { regex: '/worker/', message: 'Nothing imports the worker but the worker, the tests, and headrace/testing, which hosts one.' };

/** Bans imports in a folder's sources; its tests run in Node and may import what they need. */
const ban = (files, ...patterns) => ({
  files,
  ignores: ['**/*.test.ts', '**/*.test-d.ts', '**/*.fixture.ts', '**/fixtures/**'],
  rules: { 'no-restricted-imports': ['error', { patterns }] },
});

// DESIGN §1: who may import what is drawn by the folders. test/boundary proves the same over the whole import graph.
const boundaries = [
  ban(['sdk/node/**/*.ts', 'activities/**/*.ts'], worker),
  ban(['sdk/authoring/**/*.ts', 'sdk/index.ts'], temporal, node, nodeSide, run, worker),
  ban(['sdk/api-client/**/*.ts'], temporal, node, nodeSide, run, worker),
  ban(['sdk/sandbox/**/*.ts'], { ...temporal, group: ['@temporalio/*', '!@temporalio/workflow'] }, node, nodeSide, { ...run, regex: 'activities/' }, worker),
  ban(['activities/**/steps.ts', 'workflows/**/*.ts'], temporal, node, nodeSide, run, worker),
];

export default defineConfig(
  globalIgnores(['dist/**', '**/node_modules/**', '.headrace/**', '**/histories/**']),
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // Temporal's protocol gives enums as numbers.
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      // A promise's function without await is the form of a step's work that has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      // `async () => void work()` says that the result does not matter.
      '@typescript-eslint/no-meaningless-void-operator': 'off',
    },
  },
  ...boundaries,
  {
    files: ['**/*.test.ts', '**/*.test-d.ts', '**/*.fixture.ts'],
    rules: {
      // vitest's expect.any and expect.objectContaining are any.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
