import { outsideId } from '../../../activities/outside/outside-id.js';
import type { StepContext } from '../../../sdk/node/index.js';
import { until } from '../../faults/until.js';
import type { RealKubelet, Running } from './real-kubelet.js';

/** A script that waits in its container to be let go, and then gives its result. */
export const waiting = `
import json, os, time
print('begun')
while not os.path.exists('/tmp/gate'): time.sleep(0.05)
json.dump('done', open(os.environ['HEADRACE_RESULT'], 'w'))`;

/** A script that gives its result, an expression of Python. */
export const give = (expression: string) => `import json, os, sys\njson.dump(${expression}, open(os.environ['HEADRACE_RESULT'], 'w'))`;

/** The containers of a step's call that run: what containerd itself knows. */
export async function containersOf(node: RealKubelet, { key }: Pick<StepContext, 'key'>): Promise<Running[]> {
  return (await node.containers()).filter(({ pod }) => pod.startsWith(outsideId(key, 1)));
}

/** Lets the script that waits in this container go on. */
export async function letGo(node: RealKubelet, container: Running): Promise<void> {
  await node.execute(container, 'python3', '-I', '-c', "open('/tmp/gate', 'w')");
}

/** Waits until there is a container like this, and only one. */
export async function only(containers: () => Promise<Running[]>): Promise<Running> {
  return (await until(containers, (all) => all.length === 1))[0] as Running;
}

/** Waits until there is none. */
export async function none(running: () => Promise<readonly unknown[]>): Promise<void> {
  await until(running, (all) => all.length === 0);
}
