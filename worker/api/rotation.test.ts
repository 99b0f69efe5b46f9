import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test, vi } from 'vitest';
import { Authenticator } from '../auth/index.js';
import { type KeyServer, type Signer, startKeyServer } from '../auth/key-server.fixture.js';
import { asker } from './client.fixture.js';
import { type Api, startApi } from './index.js';
import { openSecured, type Secured } from './secured.fixture.js';

const [second, minute] = [1_000, 60_000];
let here: Secured;
let keys: KeyServer;
let api: Api;
let old: Signer;

beforeAll(async () => {
  here = await openSecured(inject('temporal'));
});

afterAll(() => here.close());

beforeEach(async () => {
  const { settings } = here.issuer;
  keys = await startKeyServer(settings);
  old = await keys.add('old');
  const authenticator = new Authenticator(
    { tokens: { ...settings, jwks: keys.url }, signer: here.signer },
    async () => (await here.record.registry()).database,
  );
  const { client, catalogue } = here.workshop;
  api = await startApi({ client, catalogue, record: here.record, port: 0, authenticator });
  // Only what asks for the time is told another: nothing waits for it.
  vi.useFakeTimers({ toFake: ['Date'] });
});

afterEach(async () => {
  vi.useRealTimers();
  await api.stop();
  await keys.stop();
});

const pass = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);
const asks = async (token: Promise<string>) => (await asker(api.url, { authorization: `Bearer ${await token}` }).get('/v1/pipelines')).status;

test('a new key of the issuer is taken as soon as a token names it, and one that it took away is refused when ten minutes have passed', async () => {
  expect(await asks(old())).toBe(200);
  pass(31 * second);
  const fresh = await keys.add('new');
  keys.take('old');
  const gone = old();
  expect(await asks(fresh())).toBe(200);
  expect(await asks(gone)).toBe(401);
  const next = await keys.add('next');
  keys.take('new');
  // Nobody names the next one yet: the set that is known goes on until it is old.
  expect(await asks(fresh())).toBe(200);
  pass(11 * minute);
  expect(await asks(fresh())).toBe(401);
  expect(await asks(next())).toBe(200);
});

test('tokens that name unknown keys are refused without a request each, whether the issuer answers or not', async () => {
  expect(await asks(old())).toBe(200);
  const strangers = await startKeyServer(here.issuer.settings);
  const flood = async () => {
    const statuses: number[] = [];
    for (let index = 0; index < 50; index += 1) statuses.push(await asks((await strangers.add(`unknown-${index}`))()));
    return [...new Set(statuses)];
  };
  expect(await flood()).toEqual([401]);
  expect(keys.asked).toBe(1);
  pass(31 * second);
  expect(await flood()).toEqual([401]);
  expect(keys.asked).toBe(2);
  pass(31 * second);
  keys.state = 'ill';
  expect(await flood()).toEqual([503]);
  expect(keys.asked).toBe(3);
  expect(await asks(old())).toBe(200);
  await strangers.stop();
});

test.each(['ill', 'silent', 'gone'] as const)(
  'while the issuer is %s, known keys do for ten minutes; then it is said at once that it is away, and over when it is back',
  async (state) => {
    expect(await asks(old())).toBe(200);
    if (state === 'gone') await keys.stop();
    else keys.state = state;
    pass(9 * minute);
    expect(await asks(old())).toBe(200);
    pass(2 * minute);
    const begun = performance.now();
    const answer = await asker(api.url, { authorization: `Bearer ${await old()}` }).get('/v1/pipelines');
    expect(answer).toMatchObject({ status: 503, body: { code: 'login_unavailable' } });
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    const together = await Promise.all(Array.from({ length: 20 }, () => asks(old())));
    expect([...new Set(together)]).toEqual([503]);
    // The issuer has five seconds, once for all.
    expect(performance.now() - begun).toBeLessThan(9_000);
    if (state === 'gone') return;
    keys.state = 'well';
    pass(6 * second);
    expect(await asks(old())).toBe(200);
  },
);
