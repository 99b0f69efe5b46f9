import { afterAll, beforeAll, expect, test } from 'vitest';
import { ownPipelines } from '../faults/ground.js';
import { until } from '../faults/until.js';
import { openStory, type Story } from './story.js';

let story: Story;

beforeAll(async () => {
  story = await openStory({ pipelines: ownPipelines });
});

afterAll(() => story?.ground.leave());

test('two people with a role approve by command line, and between them the status says who has and who may', async () => {
  const workflowId = await story.detach('asking_two', {});
  await until(
    () => story.ground.status(workflowId),
    ({ status }) => status === 'WAITING_FOR_APPROVAL',
  );
  const approve = (...words: string[]) => story.headrace('approve', workflowId, 'both', ...words);
  expect(await approve()).toMatchObject({ code: 2, err: expect.stringMatching(/nameless_decision[\s\S]*fix: .*--by/) });
  expect(await approve('--by', 'ann', '--role', 'sales')).toMatchObject({ code: 2, err: expect.stringMatching(/wrong_role.*finance or controlling/) });
  expect(await approve('--by', 'ann', '--role', 'sales', '--role', 'finance')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/; 1 more must approve\n$/),
  });
  expect(await approve('--by', 'ann', '--role', 'finance')).toMatchObject({ code: 2, err: expect.stringMatching(/already_decided.*somebody else/) });
  const { out } = await story.headrace('status', workflowId);
  expect(out).toContain('1 of 2 people have approved: ann; 1 more must');
  expect(out).toContain('for people with the role finance or controlling');
  expect(await approve('--by', 'bob', '--role', 'controlling')).toMatchObject({ code: 0, out: expect.not.stringContaining('more must') });
  expect(await story.ground.ended(workflowId)).toMatchObject({ status: 'SUCCEEDED', output: { agreed: ['ann', 'bob'] } });
});
