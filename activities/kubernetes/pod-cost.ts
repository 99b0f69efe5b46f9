import type { V1Pod } from '@kubernetes/client-node';
import type { Cost } from '../../sdk/index.js';
import { containerName } from './job.js';
import { statusOfContainer } from './pod-end.js';

/** How long a pod's container ran, and what was kept free for it meanwhile. Kubernetes counts whole seconds, and itself tells nothing of what was used. */
export function podCost(pod: V1Pod | undefined): Cost | undefined {
  const { startedAt, finishedAt } = statusOfContainer(pod)?.state?.terminated ?? {};
  if (startedAt === undefined || finishedAt === undefined) return undefined;
  const wallSeconds = Math.max(0, (finishedAt.getTime() - startedAt.getTime()) / 1_000);
  const cores = coresIn(pod?.spec?.containers.find(({ name }) => name === containerName)?.resources?.requests?.cpu);
  return { wallSeconds, ...(cores === undefined ? {} : { coreSeconds: cores * wallSeconds }) };
}

/** Of a quantity such as `500m` and `2`; undefined where there is none, or it is written otherwise. */
function coresIn(quantity: string | undefined): number | undefined {
  const [, figure, thousandth] = /^(\d+(?:\.\d+)?)(m?)$/.exec(quantity ?? '') ?? [];
  return figure === undefined ? undefined : Number(figure) / (thousandth === 'm' ? 1_000 : 1);
}
