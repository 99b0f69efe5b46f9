import type { V1ContainerStatus, V1Job, V1Pod } from '@kubernetes/client-node';
import { containerName } from './job.js';

/** How the process of a Job's container ended. */
export interface PodEnd {
  readonly pod: string;
  readonly exitCode: number;
  /** `Completed`, `Error`, `OOMKilled` … */
  readonly reason: string;
  /** What it left at `terminationLog`. */
  readonly message: string;
}

/** Undefined while it runs, and where nobody has seen its end. */
export function podEnd(pod: V1Pod | undefined): PodEnd | undefined {
  const terminated = statusOfContainer(pod)?.state?.terminated;
  if (terminated === undefined) return undefined;
  return { pod: pod?.metadata?.name ?? '', exitCode: terminated.exitCode, reason: terminated.reason ?? '', message: terminated.message ?? '' };
}

/** Whether its container has begun: only then there is a log. */
export function hasBegun(pod: V1Pod): boolean {
  const state = statusOfContainer(pod)?.state;
  return state?.running !== undefined || state?.terminated !== undefined;
}

/** Why a pod was taken away from its node, where it was: its end says nothing of its program then. */
export function disruption(pod: V1Pod | undefined): string | undefined {
  if (pod === undefined) return 'its pod is gone: somebody deleted it, or its node';
  const target = pod.status?.conditions?.find(({ type, status }) => type === 'DisruptionTarget' && status === 'True');
  if (target !== undefined) return `its pod was disrupted: ${target.reason}: ${target.message}`;
  if (pod.status?.reason !== undefined) return `its pod ended: ${pod.status.reason}: ${pod.status.message ?? ''}`;
  return pod.metadata?.deletionTimestamp === undefined ? undefined : 'its pod was deleted';
}

/** How a Job ended; undefined while it has not. */
export function jobEnd({ status }: V1Job): { succeeded: boolean; reason: string; message: string } | undefined {
  const condition = status?.conditions?.find((it) => (it.type === 'Complete' || it.type === 'Failed') && it.status === 'True');
  return condition && { succeeded: condition.type === 'Complete', reason: condition.reason ?? '', message: condition.message ?? '' };
}

/** What keeps a container from starting, in the kubelet's words. */
const hopeless = new Set([
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

/** Why a pod has not started, and whether waiting on may still help. */
export function waitsFor(pod: V1Pod | undefined): { reason: string; hopeless: boolean } {
  if (pod === undefined) return { reason: 'it has no pod yet', hopeless: false };
  const waiting = statusOfContainer(pod)?.state?.waiting;
  if (waiting?.reason !== undefined) return { reason: `${waiting.reason}: ${waiting.message ?? ''}`, hopeless: hopeless.has(waiting.reason) };
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') return { reason: `${scheduled.reason}: ${scheduled.message}`, hopeless: false };
  return { reason: 'its pod waits for its node', hopeless: false };
}

/** Of ours: a cluster may put others beside it. */
export function statusOfContainer(pod: V1Pod | undefined): V1ContainerStatus | undefined {
  return pod?.status?.containerStatuses?.find(({ name }) => name === containerName);
}
