import { builtinModules } from 'node:module';
import { describe, expect, test } from 'vitest';
import { importsOf, onCircles, sourcesOf, wayTo } from './import-graph.js';

const isNode = (name: string) => name.startsWith('node:') || builtinModules.includes(name);
const isTemporal = (name: string) => name.startsWith('@temporalio/');
const isWork = (name: string) => /^(sdk\/(node|testing)|worker)\//.test(name) || /^activities\/(.+\/run|implementations)\.ts$/.test(name);
const isCryptography = (name: string) => name.startsWith('@noble/');
const isPackage = (name: string) => !name.endsWith('.ts') && name !== 'zod';

describe('what an author imports reaches neither Node nor Temporal nor the work of a step', () => {
  const entries = [
    'sdk/index.ts',
    'activities/steps.ts',
    'workflows/index.ts',
    ...sourcesOf('sdk/authoring', 'workflows'),
    ...sourcesOf('activities').filter((file) => file.endsWith('/steps.ts')),
  ];
  test.each([...new Set(entries)])('%s', (entry) => {
    expect(wayTo(entry, (name) => isNode(name) || isTemporal(name) || isWork(name) || isPackage(name) || name.startsWith('sdk/sandbox/'))).toBeUndefined();
  });
});

describe('the sandbox reaches @temporalio/workflow and nothing else of Temporal, nothing of Node, and no work of a step', () => {
  test.each(sourcesOf('sdk/sandbox'))('%s', (file) => {
    expect(
      wayTo(file, (name) => isNode(name) || isWork(name) || (isPackage(name) && name !== '@temporalio/workflow' && !isCryptography(name))),
    ).toBeUndefined();
  });
});

test('the client of the API reaches neither Node nor Temporal, nor anything else that a program elsewhere would have to bring', () => {
  const brings = (name: string) => isNode(name) || isTemporal(name) || isWork(name) || (isPackage(name) && name !== 'openapi-fetch');
  expect(wayTo('sdk/api-client/index.ts', brings)).toBeUndefined();
});

test('no run loads cryptography before it needs it', () => {
  expect(wayTo('sdk/sandbox/index.ts', isCryptography)).toBeUndefined();
});

test('only the sandbox, and what it is bundled with, imports @temporalio/workflow', () => {
  const importers = sourcesOf('sdk', 'activities', 'workflows', 'worker').filter((file) => importsOf(file).includes('@temporalio/workflow'));
  expect(importers.filter((file) => !file.startsWith('sdk/sandbox/'))).toEqual([]);
});

test('nothing imports the worker but the worker, and headrace/testing, which hosts one', () => {
  const importers = sourcesOf('sdk', 'activities', 'workflows').filter((file) => importsOf(file).some((name) => name.startsWith('worker/')));
  expect(importers.filter((file) => !file.startsWith('sdk/testing/'))).toEqual([]);
});

test('no step does its work with the sandbox or with a test bed', () => {
  const importers = sourcesOf('activities').filter((file) => wayTo(file, (name) => /^sdk\/(sandbox|testing)\//.test(name)) !== undefined);
  expect(importers).toEqual([]);
});

test('no file imports itself by way of others', () => {
  expect(onCircles(sourcesOf('sdk', 'activities', 'workflows', 'worker'))).toEqual([]);
});

test('the graph sees what it is meant to see', () => {
  expect(wayTo('activities/implementations.ts', isNode)).toBeDefined();
  expect(importsOf('sdk/index.ts')).toContain('sdk/authoring/pipeline.ts');
  expect(importsOf('sdk/sandbox/run.ts')).toContain('@temporalio/workflow');
});
