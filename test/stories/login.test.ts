import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { makeSigningKey } from '../../worker/auth/index.js';
import { type RegistryPlace, registryPlace } from '../../worker/registry/registry.fixture.js';
import { ownPipelines } from '../faults/ground.js';
import { until } from '../faults/until.js';
import { type Done, openStory, type Story } from './story.js';

const postgresUrl = inject('postgresUrl');
const adminKey = 'the-first-admin-key-of-this-story-0001';
let story: Story;
let place: RegistryPlace;

beforeAll(async () => {
  if (postgresUrl === undefined) return;
  const { privateKey, publicKey } = makeSigningKey();
  place = (await registryPlace('postgres', postgresUrl)) as RegistryPlace;
  const environment = { HEADRACE_ADMIN_KEY: adminKey, HEADRACE_SIGNING_KEY: privateKey, HEADRACE_DECISION_KEYS: publicKey, DATABASE_URL: place.settings.url };
  story = await openStory({ pipelines: ownPipelines, environment });
});

afterAll(async () => {
  await story?.ground.leave();
  await place?.remove();
});

/** Runs a command as who has this key. */
async function as(key: string | undefined, ...words: string[]): Promise<Done> {
  Object.assign(story.ground.environment, { HEADRACE_API_KEY: key ?? '' });
  return story.headrace(...words);
}

test.skipIf(postgresUrl === undefined)(
  'an admin makes keys, an operator starts, an approver decides, and each may do no more',
  async () => {
    const nobody = await as(undefined, 'runs');
    expect([nobody.code, nobody.err]).toEqual([2, expect.stringMatching(/error unauthenticated: .*\nfix: .*HEADRACE_API_KEY/)]);

    const made = await as(adminKey, 'keys', 'create', 'nightly', '--grant', 'operator', '--expires', '90 days');
    expect(made.out).toMatch(/^hrk_[0-9a-f]{12}_[\w-]{43}\n$/);
    const operator = made.out.trim();
    const approver = (await as(adminKey, 'keys', 'create', 'ada', '--grant', 'approver', '--json')).out;
    const { key: deciding, id } = JSON.parse(approver) as { key: string; id: string };

    const { out } = await as(operator, 'run', 'asking', 'milliseconds=600000', '--detach', '--json');
    const { workflowId } = JSON.parse(out) as { workflowId: string };
    await until(
      () => story.ground.status(workflowId),
      ({ status }) => status === 'WAITING_FOR_APPROVAL',
    );
    const refused = await as(operator, 'approve', workflowId);
    expect([refused.code, refused.err]).toEqual([2, expect.stringMatching(/error forbidden: 'key:nightly' does not have the role approver on asking/)]);
    await story.ground.temporal.workflow.getHandle(workflowId).signal('approve');
    expect((await as(deciding, 'approve', workflowId, 'go_ahead', 'who=1')).code).toBe(0);
    expect(await story.ground.ended(workflowId)).toMatchObject({ status: 'SUCCEEDED', approvals: [{ by: 'key:ada' }], ignoredSignals: [{ name: 'approve' }] });

    const listed = await as(adminKey, 'keys', 'list');
    expect(listed.out).toMatch(/ada\s+approver\s+last used/);
    expect((await as(adminKey, 'keys', 'revoke', id)).code).toBe(0);
    expect((await as(deciding, 'runs')).err).toMatch(/unauthenticated/);
    const rotated = (await as(adminKey, 'keys', 'rotate', operator.split('_')[1] as string, '--grace', '1 hour')).out.trim();
    for (const key of [operator, rotated]) expect((await as(key, 'runs')).code).toBe(0);
  },
  180_000,
);
