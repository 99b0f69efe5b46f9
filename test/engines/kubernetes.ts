import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as k8s from '@kubernetes/client-node';
import { goInstall } from '../../worker/dev/go-install.js';
import { freePort } from '../../worker/dev/port.js';
import { type Certified, makeAuthority } from '../servers/certificates.js';
import { keptFolder } from '../servers/kept-folder.js';
import { ServerProcess } from '../servers/server-process.js';

/** What there is of a cluster without its nodes. */
export interface ControlPlane {
  server: string;
  /** The authority of its certificate. */
  ca: string;
  /** The server's own certificate. */
  certified: Certified;
  /** Bearer tokens: of an administrator, of an account with the least rights that steps need, of one without any. */
  tokens: Record<'admin' | 'worker' | 'stranger', string>;
  /** Clients of the administrator. */
  config: k8s.KubeConfig;
  /** The same as a file. */
  kubeconfig: string;
  /** For what a node keeps; it goes with the cluster. */
  folder: string;
}

/** What runs a cluster's pods. */
export interface ClusterNode {
  stop(): Promise<void>;
}

/** A cluster of our own on 127.0.0.1: etcd, API server, scheduler, controllers, and one node. */
export interface KubernetesCluster<Node extends ClusterNode = ClusterNode> extends ControlPlane {
  node: Node;
  /** Kills the API server, the controllers and etcd; what is on disk stays. */
  halt(): Promise<void>;
  /** Brings them back on their ports. */
  resume(): Promise<void>;
  stop(): Promise<void>;
}

const version = 'v1.36.3';
const source = join(import.meta.dirname, 'kubernetes/server');
const controllers = [
  'job-controller',
  'deployment-controller',
  'replicaset-controller',
  'garbage-collector-controller',
  'namespace-controller',
  'pod-garbage-collector-controller',
  'ttl-after-finished-controller',
  'resourcequota-controller',
];

/** Starts it. Needs Go, to build the server once (5 minutes on 2 cores). @param startNode `standIn` or `realKubelet` */
export async function startKubernetes<Node extends ClusterNode>(startNode: (plane: ControlPlane) => Promise<Node>): Promise<KubernetesCluster<Node>> {
  const program = await buildKubernetes('server');
  const folder = mkdtempSync(join(tmpdir(), 'headrace-kubernetes-'));
  const plane = await writeFiles(folder);
  const parts = await partsOf(program, plane);
  let node: Node | undefined;
  const resume = async () => {
    for (const part of parts) await part.resume();
  };
  const halt = async () => {
    for (const part of [...parts].reverse()) await part.halt('SIGKILL');
  };
  const stop = async () => {
    await node?.stop();
    await halt();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await resume();
    await grantLeastRights(plane.config);
    node = await startNode(plane);
    return { ...plane, node, halt, resume, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The program of Kubernetes' parts, or the kubelet's: built once. */
export async function buildKubernetes(name: 'server' | 'kubelet'): Promise<string> {
  const place = { server: '.', kubelet: './kubelet' }[name];
  const kept = { server: 'kubernetes', kubelet: 'kubelet' }[name];
  return join(await keptFolder(kept, sourceVersion(place), (folder) => build(place, folder)), name);
}

function sourceVersion(place: string): string {
  const text = [`${place}/main.go`, 'go.mod', 'go.sum'].map((name) => readFileSync(join(source, name), 'utf8')).join('');
  return `${version}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}

async function build(place: string, folder: string): Promise<void> {
  console.error(`Building Kubernetes ${version} with Go (${place}): about 5 minutes on 2 cores, the kubelet half a minute more, the first time only.`);
  const [major, minor] = version.slice(1).split('.');
  const variables = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const flags = Object.entries(variables).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  await goInstall([place], folder, (line) => console.error(line), source, flags);
}

async function writeFiles(folder: string) {
  const authority = makeAuthority();
  const certified = authority.issue('kubernetes');
  const write = (name: string, text: string) => {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const tokens = { admin: randomBytes(16).toString('hex'), worker: randomBytes(16).toString('hex'), stranger: randomBytes(16).toString('hex') };
  const port = await freePort();
  const server = `https://127.0.0.1:${port}`;
  const config = new k8s.KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'test', server, caData: Buffer.from(authority.cert).toString('base64') }],
    users: [{ name: 'admin', token: tokens.admin }],
    contexts: [{ name: 'admin', cluster: 'test', user: 'admin', namespace: 'default' }],
    currentContext: 'admin',
  });
  mkdirSync(join(folder, 'etcd'));
  return {
    folder,
    ca: authority.cert,
    certified,
    tokens,
    port,
    server,
    config,
    cert: write('server.crt', certified.cert),
    key: write('server.key', certified.key),
    kubeconfig: write('kubeconfig', config.exportConfig()),
    tokenFile: write('tokens.csv', `${tokens.admin},admin,admin,system:masters\n${tokens.worker},worker,worker\n${tokens.stranger},stranger,stranger\n`),
  };
}

type Files = Awaited<ReturnType<typeof writeFiles>>;

/** In the order in which they start. */
async function partsOf(program: string, files: Files): Promise<ServerProcess[]> {
  const [client, peer, managers, scheduler] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const etcd = `http://127.0.0.1:${client}`;
  const { folder } = files;
  const asAdmin = [`--kubeconfig=${files.kubeconfig}`, `--authentication-kubeconfig=${files.kubeconfig}`, `--authorization-kubeconfig=${files.kubeconfig}`];
  const alone = ['--leader-elect=false', '--bind-address=127.0.0.1', `--cert-dir=${join(folder, 'pki')}`];
  const part = (name: string, parameters: string[], answers: () => Promise<unknown>) =>
    new ServerProcess({ name, program, parameters, log: join(folder, `${parameters[0]}.log`), options: { env: { ...process.env, GOGC: '50' } }, answers });
  return [
    part('etcd', ['etcd', join(folder, 'etcd'), etcd, `http://127.0.0.1:${peer}`], () => healthy(`${etcd}/health`)),
    part('the API server', ['apiserver', ...apiServer(etcd, files)], () => ready(`${files.server}/readyz`, files)),
    part(
      'the controllers',
      ['controllers', ...asAdmin, ...alone, `--secure-port=${managers}`, '--kube-api-qps=100', '--kube-api-burst=100', `--controllers=${controllers.join()}`],
      () => ready(`https://127.0.0.1:${managers}/healthz`),
    ),
    part('the scheduler', ['scheduler', ...asAdmin, ...alone, `--secure-port=${scheduler}`], () => ready(`https://127.0.0.1:${scheduler}/healthz`)),
  ];
}

function apiServer(etcd: string, files: Files): string[] {
  const settings = {
    'etcd-servers': etcd,
    'bind-address': '127.0.0.1',
    'advertise-address': '127.0.0.1',
    'secure-port': files.port,
    'tls-cert-file': files.cert,
    'tls-private-key-file': files.key,
    'service-cluster-ip-range': '10.96.0.0/24',
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-key-file': files.cert,
    'service-account-signing-key-file': files.key,
    'token-auth-file': files.tokenFile,
    'authorization-mode': 'RBAC',
    // Pods run under any account's name, and nobody watches the node's health.
    'disable-admission-plugins': 'ServiceAccount,TaintNodesByCondition',
    // The kubelet's own address is not this machine's loopback.
    'kubelet-preferred-address-types': 'Hostname,InternalIP',
    'endpoint-reconciler-type': 'none',
    profiling: false,
  };
  return Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
}

async function healthy(url: string): Promise<void> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
}

/** @param files whose authority and administrator are used; without, the server's certificate is its own */
function ready(url: string, files?: Files): Promise<void> {
  const options = files === undefined ? { rejectUnauthorized: false } : { ca: files.ca, headers: { authorization: `Bearer ${files.tokens.admin}` } };
  return new Promise((resolve, reject) => {
    const request = get(url, { ...options, agent: false, timeout: 2_000 }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`${url} answered ${response.statusCode}`));
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 2 s'))).on('error', reject);
  });
}

/** What the README asks for, and nothing more. */
async function grantLeastRights(config: k8s.KubeConfig): Promise<void> {
  const rights = config.makeApiClient(k8s.RbacAuthorizationV1Api);
  const namespace = 'default';
  const role = k8s.loadYaml<k8s.V1Role>(readFileSync(join(import.meta.dirname, '../../activities/kubernetes/role.yaml'), 'utf8'));
  await rights.createNamespacedRole({ namespace, body: role });
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role.metadata?.name ?? '' };
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'worker' }];
  await rights.createNamespacedRoleBinding({ namespace, body: { metadata: { name: 'headrace' }, roleRef, subjects } });
}
