import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { podCost } from './pod-cost.js';
import { hasBegun, podEnd, waitsFor } from './pod-end.js';

const status = (name: string, state: V1ContainerStatus['state']) => ({ name, state }) as V1ContainerStatus;

/** A pod into which a service mesh has put its proxy, which Kubernetes lists first. */
const beside = (state: V1ContainerStatus['state']): V1Pod => ({
  spec: {
    containers: [
      { name: 'istio-proxy', resources: { requests: { cpu: '100m' } } },
      { name: 'main', resources: { requests: { cpu: '2' } } },
    ],
  },
  status: { containerStatuses: [status('istio-proxy', { running: {} }), status('main', state)] },
});

test("the end, the cost and the waiting of a pod are those of the Job's own container, whatever the cluster puts beside it", () => {
  const times = { startedAt: new Date('2001-07-01T00:00:00Z'), finishedAt: new Date('2001-07-01T00:00:05Z') };
  const ended = beside({ terminated: { exitCode: 64, reason: 'Error', message: 'no such day', ...times } });
  expect(podEnd(ended)).toMatchObject({ exitCode: 64, message: 'no such day' });
  expect(podCost(ended)).toEqual({ wallSeconds: 5, coreSeconds: 10 });
  const waiting = beside({ waiting: { reason: 'ImagePullBackOff', message: 'no such image' } });
  expect(hasBegun(waiting)).toBe(false);
  expect(waitsFor(waiting)).toEqual({ reason: 'ImagePullBackOff: no such image', hopeless: true });
});
