import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../../sdk/node/fixtures/workshop.fixture.js';
import { asker } from '../../../worker/api/client.fixture.js';
import { type Api, startApi } from '../../../worker/api/index.js';
import { openSecured, type Secured } from '../../../worker/api/secured.fixture.js';
import { startTestTemporal } from '../../servers/temporal.js';
import { askEverything, type Known, type Questions, schemathesisFolder } from '../schemathesis.js';

const seed = Number(process.env.HEADRACE_SEED ?? 1);
const seconds = Number(process.env.HEADRACE_CONTRACT_SECONDS ?? 60);
const run = '/v1/pipelines/workflows/{workflowId}';

/** It asks as fast as it can. */
const limits = { requestsPerSecond: 1_000_000, burst: 1_000_000 };

let temporal: Awaited<ReturnType<typeof startTestTemporal>>;
let secured: Secured;
let open: Api;
let known: Known;

beforeAll(async () => {
  await schemathesisFolder();
  temporal = await startTestTemporal();
  secured = await openSecured(temporal, undefined, limits);
  const { client, catalogue } = secured.workshop;
  await secured.record.registry();
  open = await startApi({ client, catalogue, record: secured.record, port: 0, limits });
  known = await makeKnown();
  console.log(`seed ${seed}, ${seconds} s for each of the two, and half of it for what follows from an answer`);
});

afterAll(async () => {
  await open?.stop();
  await secured?.close();
  await temporal?.stop();
});

/** Runs and a key to ask about: by chance alone, nothing that there is would be named. */
async function makeKnown(): Promise<Known> {
  const http = asker(open.url);
  const start = async (pipeline: string, input: object) => (await http.post(`/v1/pipelines/${pipeline}/execute`, input)).body.workflowId as string;
  const [ended, waiting] = [await start('mall', {}), await start('shop', { ask: true, orders: ['a'] })];
  await until(
    async () => [(await http.get(http.run(ended))).body, (await http.status(waiting)).status],
    ([detail, status]) => detail.endedAt !== undefined && status === 'WAITING_FOR_APPROVAL',
  );
  const { id } = (await http.post('/v1/keys', { name: 'known', grants: ['viewer'] })).body as { id: string };
  const ofWaiting = { 'path.workflowId': waiting };
  return {
    '': { 'path.workflowId': ended, 'path.id': 'shop', 'path.approval': 'release', 'path.key': id, 'path.namespace': 'default' },
    [`GET ${run}/approvals`]: ofWaiting,
    [`POST ${run}/approvals/{approval}`]: ofWaiting,
    [`POST ${run}/signal`]: ofWaiting,
  };
}

const limit = 2 * (seconds + 60) * 1_000;

describe.each([
  ['without a login', () => ({ url: open.url })],
  ['with a login', () => ({ url: secured.api.url.replace('0.0.0.0', '127.0.0.1'), key: secured.adminKey })],
])('%s', (_, where) => {
  test(
    'the API does what its description says, and fails at nothing',
    async () => {
      expect(await foundNothing('coverage,fuzzing', seconds)).toMatch(/Tested: (2[7-9]|[3-9]\d)\b/);
    },
    limit,
  );

  test(
    'so it does where one question follows from the answer to another',
    async () => {
      expect(await foundNothing('stateful', seconds / 2)).toMatch(/API Links: +[5-9] covered/);
    },
    limit,
  );

  async function foundNothing(phases: Questions['phases'], within: number): Promise<string> {
    const { code, said } = await askEverything({ ...where(), known, phases, seed, within });
    console.log(code === 0 ? said.slice(said.indexOf('= SUMMARY')) : said);
    expect(code).toBe(0);
    return said;
  }
});
