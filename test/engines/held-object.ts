import * as k8s from '@kubernetes/client-node';
import type { RecordedContext } from '../../activities/step-context.fixture.js';
import { until } from '../faults/until.js';

const ours = 'headrace.test/held';

/** Which object of a cluster is meant. */
export interface Named {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
}

/** Has an object of a cluster taken away, as somebody else would, and keeps it from going until it is let go. @returns what lets it go */
export async function takeAway(config: k8s.KubeConfig, object: Named): Promise<() => Promise<unknown>> {
  const objects = k8s.KubernetesObjectApi.makeApiClient(config);
  const change = async (make: (finalizers: readonly string[]) => string[]) => {
    const { metadata } = await objects.read<k8s.KubernetesObject>(object);
    const { resourceVersion = '', finalizers = [] } = metadata ?? {};
    const body = { ...object, metadata: { ...object.metadata, resourceVersion, finalizers: make(finalizers) } };
    return objects.patch(body, undefined, undefined, undefined, undefined, k8s.PatchStrategy.MergePatch);
  };
  const persistently = (make: (finalizers: readonly string[]) => string[]) =>
    until(
      () => change(make).catch((error: { code?: number }) => (error.code === 409 ? undefined : Promise.reject(error as unknown as Error))),
      (changed) => changed !== undefined,
    );
  await persistently((finalizers) => [...finalizers, ours]);
  await objects.delete(object, undefined, undefined, undefined, undefined, 'Background');
  return () => persistently((finalizers) => finalizers.filter((it) => it !== ours));
}

/** Waits until a step has told that it waits for such an object to go. */
export async function untilItWaits({ lines }: RecordedContext): Promise<void> {
  await until(
    () => lines,
    (told) => told.some((line) => line.includes('still being taken away')),
  );
}
