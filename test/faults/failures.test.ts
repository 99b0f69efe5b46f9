import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ground, openGround } from './ground.js';
import { freshTable, targets } from './loading.js';
import { definitionOf, hardValues, rowsOf, tableOfManyTypes } from './many-types.js';
import { keepRows } from './pipelines/keep-rows.js';
import { mistakes } from './pipelines/mistakes.js';
import { askPostgres, sums } from './rows.js';
import { startWorker } from './worker-process.js';

let here: Ground;

beforeAll(async () => {
  here = await openGround();
  await startWorker(here);
});
afterAll(() => here?.leave());

const day = '2001-07-01';

describe('a good day that is run again and fails after its load', () => {
  test('has its old file back, byte for byte', async () => {
    const into = freshTable('lake');
    await here.ended((await here.client.start(keepRows, { day, into, mark: 'good' })).workflowId);
    const before = sums(here, into.table);
    const again = await here.client.start(keepRows, { day, into, mark: 'again', fails: true });
    await here.held('failing');
    expect(sums(here, into.table)).not.toEqual(before);
    here.go('failing');
    expect(await here.ended(again.workflowId)).toMatchObject({ status: 'FAILED', undo: 'DONE' });
    expect(sums(here, into.table)).toEqual(before);
    expect(Object.keys(before)).toHaveLength(1);
  });

  test.runIf(targets.includes('warehouse'))('has its old rows back in PostgreSQL, bit for bit, in the table as it was', async () => {
    const into = freshTable('warehouse');
    await askPostgres(tableOfManyTypes(into.table));
    await here.ended((await here.client.start(keepRows, { day, into, mark: 'good' })).workflowId);
    await here.ended((await here.client.start(keepRows, { day: '2001-07-02', into, mark: 'other day' })).workflowId);
    await askPostgres(hardValues(into.table));
    const [rows, definition] = [await rowsOf(into.table), await definitionOf(into.table)];
    expect(rows).toHaveLength(2_000);
    expect(rows.filter((row) => row.includes('NaN,-0,-infinity,"\\\\x00ff"'))).not.toEqual([]);
    const again = await here.client.start(keepRows, { day, into, mark: 'again', rows: 500, fails: true });
    here.go('failing');
    const ended = await here.ended(again.workflowId);
    expect(ended).toMatchObject({ status: 'FAILED', undo: 'DONE' });
    expect(ended.activities).toContainEqual(expect.objectContaining({ name: 'load_data', status: 'COMPLETED', rows: 500 }));
    expect(await rowsOf(into.table)).toEqual(rows);
    expect(await definitionOf(into.table)).toEqual(definition);
  });
});

describe('a mistake in the code ends the run FAILED, typed, after undo:', () => {
  test.each([
    ['type_error', { type: 'TypeError', message: expect.stringContaining('undefined') }],
    ['wrong_output', { type: 'ValidationError', code: 'wrong_output', message: expect.stringContaining('rows') }],
    ['wrong_step_input', { type: 'ValidationError', code: 'wrong_input', message: expect.stringContaining('line') }],
    ['thrown_text', { message: 'only a text' }],
    ['lost_promise', { type: 'Refused', message: 'Nobody waits for it.' }],
  ] as const)('%s', async (mistake, error) => {
    const { workflowId } = await here.client.start(mistakes, { name: mistake, mistake });
    expect(await here.ended(workflowId)).toMatchObject({ status: 'FAILED', undo: 'DONE', error });
    expect(here.journal().filter((line) => line.startsWith(mistake))).toEqual([`${mistake} done`, `${mistake} undone`]);
  });
});

describe('a raw Temporal client', () => {
  test.each([
    ['wrong input', [{ mistake: 'none' }]],
    ['no input', []],
    ['input that is no object', ['text']],
  ])('with %s gets a run that is FAILED, typed', async (_, args) => {
    const workflowId = `raw-${crypto.randomUUID()}`;
    await here.temporal.workflow.start('mistakes', { taskQueue: here.taskQueue, workflowId, args });
    expect(await here.ended(workflowId)).toMatchObject({ status: 'FAILED', error: { type: 'ValidationError', code: 'wrong_input' }, undo: 'NONE' });
  });
});
