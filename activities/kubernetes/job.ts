import type { V1ConfigMap, V1Container, V1Job, V1PodSpec } from '@kubernetes/client-node';
import type { StepContext } from '../../sdk/node/index.js';

/** What a Job runs: one container, once. */
export interface JobDescription {
  readonly image: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Variables whose values are keys of Secrets: neither the Job nor the run's history has the values. */
  readonly secrets: Readonly<Record<string, { secret: string; key: string }>>;
  /** Files of the folder `filesFolder`, kept in a ConfigMap beside the Job: 1 MiB together. */
  readonly files: Readonly<Record<string, string>>;
  readonly serviceAccount?: string | undefined;
  readonly cpu?: string | undefined;
  readonly memory?: string | undefined;
}

/** Whose work a Job is. */
export type Owner = Pick<StepContext, 'workflowId' | 'runId' | 'callId' | 'timeLimit'>;

/** Where the files are in the container. */
export const filesFolder = '/headrace';
/** Up to 4 KB that a container leaves here are kept in its pod's status. */
export const terminationLog = '/dev/termination-log';
export const containerName = 'main';

/** Seconds for which an ended Job is kept: a step whose worker died looks for it when it goes on. */
const kept = 86_400;

export function jobManifest(id: string, description: JobDescription, owner: Owner): V1Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: id, ...ownership(owner) },
    spec: {
      backoffLimit: 0, // the step's own retries decide
      activeDeadlineSeconds: Math.max(1, Math.ceil(owner.timeLimit / 1_000)),
      ttlSecondsAfterFinished: kept,
      template: { metadata: ownership(owner), spec: podSpec(id, description) },
    },
  };
}

/** The files of a Job, which go when it goes. */
export function filesManifest(job: V1Job, files: JobDescription['files']): V1ConfigMap {
  const { name = '', uid = '', labels, annotations } = job.metadata ?? {};
  return {
    metadata: {
      name,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid }],
    },
    immutable: true,
    data: { ...files },
  };
}

/** A label holds 63 characters of a small alphabet, and `step#1` is none: the whole names are annotations. */
export function ownership({ workflowId, runId, callId }: Owner) {
  return {
    labels: { 'app.kubernetes.io/managed-by': 'headrace', 'headrace/run': asLabel(runId), 'headrace/call': asLabel(callId) },
    annotations: { 'headrace/workflow': workflowId, 'headrace/call': callId },
  };
}

function asLabel(text: string): string {
  return text
    .replace(/[^\w.-]/g, '-')
    .slice(0, 63)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}

function podSpec(id: string, description: JobDescription): V1PodSpec {
  const { serviceAccount, files } = description;
  return {
    restartPolicy: 'Never',
    ...(serviceAccount === undefined ? { automountServiceAccountToken: false } : { serviceAccountName: serviceAccount }),
    containers: [container(description)],
    ...(Object.keys(files).length === 0 ? {} : { volumes: [{ name: 'files', configMap: { name: id } }] }),
  };
}

function container({ image, command, environment, secrets, files, cpu, memory }: JobDescription): V1Container {
  const requests = { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
  return {
    name: containerName,
    image,
    command: command.map(literal),
    env: [
      ...Object.entries(environment).map(([name, value]) => ({ name, value: literal(value) })),
      ...Object.entries(secrets).map(([name, { secret, key }]) => ({ name, valueFrom: { secretKeyRef: { name: secret, key } } })),
    ],
    resources: { requests, ...(memory === undefined ? {} : { limits: { memory } }) },
    terminationMessagePath: terminationLog,
    ...(Object.keys(files).length === 0 ? {} : { volumeMounts: [{ name: 'files', mountPath: filesFolder, readOnly: true }] }),
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' } },
  };
}

/** The kubelet puts the value of a variable, a Secret's too, for `$(NAME)`, and one dollar for two. */
function literal(text: string): string {
  return text.replaceAll('$', () => '$$');
}
