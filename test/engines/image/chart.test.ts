import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveAuth, resolveTrust } from '../../../worker/auth/index.js';
import { makeSigningKey, readSigningKey } from '../../../worker/auth/signing-key.js';
import { readSettings } from '../../../worker/cli/settings.js';
import { tunedKeys } from '../../../worker/dev/tuned-keys.js';
import { root } from './ground.js';
import { judge, lint, type Manifest, readValues, render, type Verdict } from './manifests.js';

interface Values {
  temporal?: object;
  database?: object;
  settings?: { connections: object; kafka: object; auth: object };
  worker?: { concurrency: number; drainSeconds: number; [more: string]: unknown };
  [more: string]: unknown;
}

const least: Values = { temporal: { address: 'temporal-frontend:7233' }, database: { secret: 'registry' }, login: { secret: 'login' } };
const all: Values = {
  ...least,
  image: { repository: 'registry.example.com/team/pipelines', tag: '7', pullSecrets: [{ name: 'pull' }] },
  settings: {
    connections: { lake: { kind: 'duckdb', folder: '/lake' } },
    kafka: { brokers: ['kafka:9093'], tls: true, login: { mechanism: 'scram-sha-512', username: 'headrace', password: 'env:KAFKA_PASSWORD' } },
    auth: { tokens: { issuer: 'https://login.example.com', audience: 'headrace', jwks: 'https://login.example.com/jwks' } },
  },
  env: [{ name: 'KAFKA_PASSWORD', valueFrom: { secretKeyRef: { name: 'kafka', key: 'password' } } }],
  envFrom: [{ secretRef: { name: 'connections' } }],
  volumes: [{ name: 'lake', persistentVolumeClaim: { claimName: 'lake' } }],
  volumeMounts: [{ name: 'lake', mountPath: '/lake' }],
  pipelines: { configMap: { name: 'pipelines' } },
  serviceAccountName: 'pipelines',
  worker: { replicas: 5, concurrency: 40, drainSeconds: 600, nodeSelector: { pool: 'data' }, tolerations: [{ key: 'data', operator: 'Exists' }] },
  api: { podAnnotations: { 'example.com/scrape': 'true' }, service: { annotations: { 'example.com/internal': 'true' } } },
};

const pair = makeSigningKey();
/** What Kubernetes puts in the place of references to secrets. */
const secrets: Record<string, string> = {
  DATABASE_URL: 'postgres://headrace:password@postgres:5432/headrace',
  HEADRACE_ADMIN_KEY: 'a'.repeat(32),
  HEADRACE_SIGNING_KEY: pair.privateKey,
  HEADRACE_DECISION_KEYS: pair.publicKey,
  KAFKA_PASSWORD: 'password',
};

const folder = mkdtempSync(join(tmpdir(), 'headrace-chart-settings-'));
// The first time, helm and the judge are built: some minutes.
beforeAll(() => render(least));
afterAll(() => rmSync(folder, { recursive: true }));

function find(verdicts: Verdict[], kind: string, name: string): Manifest {
  const found = verdicts.find(({ object }) => object.kind === kind && object.metadata.name === `release-${name}`);
  if (found === undefined) throw new Error(`There is no ${kind} ${name}.`);
  return found.object;
}

const podOf = ({ spec }: Manifest) => spec.template.spec;

describe.each([
  ['the least values', least],
  ['all values', all],
])('with %s', (_, values) => {
  test('helm has nothing to complain of', async () => {
    const { code, output } = await lint(values);
    expect(output).not.toMatch(/\[(WARNING|ERROR)\]/);
    expect(code).toBe(0);
  });

  test('an API server that wants the security standard "restricted" takes every manifest', async () => {
    const verdicts = await render(values);
    expect(verdicts.map(({ object }) => `${object.kind} ${object.metadata.name}`).sort()).toEqual([
      'ConfigMap release-settings',
      'Deployment release-api',
      'Deployment release-worker',
      'PodDisruptionBudget release-api',
      'PodDisruptionBudget release-worker',
      'Service release-api',
    ]);
    expect(verdicts.flatMap(({ complaints }) => complaints)).toEqual([]);
  });

  test.each(['worker', 'api'])('the %s reads its settings as they were meant', async (name) => {
    const verdicts = await render(values);
    const [{ env }] = podOf(find(verdicts, 'Deployment', name)).containers;
    const environment = Object.fromEntries(env.map((it) => [it.name, it.value ?? secrets[it.name]]));
    expect(environment.HEADRACE_SETTINGS).toBe('/etc/headrace/headrace.json');
    const file = join(folder, 'headrace.json');
    writeFileSync(file, find(verdicts, 'ConfigMap', 'settings').data['headrace.json'] ?? '');
    const settings = readSettings('pipelines', { ...environment, HEADRACE_SETTINGS: file });
    expect(settings).toMatchObject({
      address: 'temporal-frontend:7233',
      namespace: 'matih-pipelines',
      taskQueue: 'pipeline-workers',
      record: { registry: secrets.DATABASE_URL, kafka: values.settings?.kafka },
      concurrency: name === 'worker' ? (values.worker?.concurrency ?? 10) : 10,
      metrics: { port: 9464, host: '0.0.0.0' },
    });
    // The API signs decisions, workers check them, and no worker could sign one.
    expect(Object.keys(environment).includes('HEADRACE_SIGNING_KEY')).toBe(name === 'api');
    if (name === 'worker') expect(resolveTrust(settings.auth, environment)).toEqual([readSigningKey(pair.privateKey).trusted]);
    else expect(resolveAuth(settings.auth ?? {}, environment)).toMatchObject(values.settings?.auth ?? { adminKey: secrets.HEADRACE_ADMIN_KEY });
  });

  test('Kubernetes waits for longer than the drain and what is forced after it take', async () => {
    const pod = podOf(find(await render(values), 'Deployment', 'worker'));
    const [{ args }] = pod.containers;
    const drain = Number(args[args.indexOf('--drain') + 1]);
    expect(drain).toBe(values.worker?.drainSeconds ?? 60);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(drain + 10 + 15);
  });
});

test('nothing is rendered without the addresses of Temporal and the registry, and without the secret of logins', async () => {
  await expect(render({ ...least, temporal: {} })).rejects.toThrow('temporal.address is missing');
  await expect(render({ ...least, database: {} })).rejects.toThrow('database.secret is missing');
  await expect(render({ ...least, login: {} })).rejects.toThrow('login.secret is missing');
});

test('a misspelt value is refused', async () => {
  await expect(render({ ...least, worker: { replica: 3 } })).rejects.toThrow(/replica/);
});

test('the judge refuses what an API server refuses', async () => {
  const worker = find(await render(least), 'Deployment', 'worker');
  const complaints = async (change: (deployment: Manifest) => unknown) => {
    const deployment = structuredClone(worker);
    change(deployment);
    return (await judge(JSON.stringify(deployment))).flatMap((verdict) => verdict.complaints).join('; ');
  };
  const containerOf = (it: Manifest) => podOf(it).containers[0];
  expect(await complaints(() => undefined)).toBe('');
  expect(await complaints(({ spec }) => Object.assign(spec, { replica: 3 }))).toMatch(/unknown field "spec.replica"/);
  expect(await complaints(({ spec }) => (spec.selector.matchLabels.other = 'label'))).toMatch(/`selector` does not match template `labels`/);
  expect(await complaints((it) => (containerOf(it).ports[0].containerPort = 70_000))).toMatch(/containerPort.*between 1 and 65535/);
  expect(await complaints((it) => (containerOf(it).resources.requests.memory = '9Gi'))).toMatch(/must be less than or equal to memory limit/);
  expect(await complaints((it) => delete containerOf(it).securityContext.capabilities)).toMatch(/unrestricted capabilities/);
});

test("what is shipped for Temporal's own chart has the keys that the dev server is tuned with", async () => {
  const { server } = (await readValues(join(root, 'worker/deploy/temporal-values.yaml'))) as { server: { dynamicConfig: Record<string, unknown> } };
  expect(server.dynamicConfig).toEqual(Object.fromEntries(Object.entries(tunedKeys).map(([key, value]) => [key, [{ value }]])));
});
