import { randomUUID } from 'node:crypto';
import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { pipeline } from '../../../sdk/index.js';
import { type Client, connect } from '../../../sdk/node/client.js';
import type { TemporalServer } from '../../../worker/dev/temporal-server.js';
import { until } from '../../faults/until.js';
import type { Image } from './buildah.js';
import { Container } from './container.js';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
export const imageUser = 10001;

const sources = ['examples/first-pipeline/first-pipeline.ts', ...['busy', 'journal', 'journal-run', 'sized'].map((name) => `test/faults/pipelines/${name}.ts`)];
const settings = { connections: { vega: { kind: 'files', folder: '/data' }, lake: { kind: 'duckdb', folder: '/state/lake' } } };

/** A pipeline that needs a package of its team's own. */
export const teamOf = pipeline('team_of', { input: z.object({}), output: z.string() }, async () => 'the one in the image answers');
const ownPackage = {
  'node_modules/team/package.json': '{ "name": "team", "type": "module", "exports": "./team.js" }',
  'node_modules/team/team.js': "export const team = 'flights';",
  'team-of.ts': `import { pipeline } from 'headrace';
import { team } from 'team';
import * as z from 'zod';
export const teamOf = pipeline('team_of', { input: z.object({}), output: z.string() }, async () => team);`,
};

/** A folder of modules without a project around them, as a volume brings them, and headrace.json. */
export function pipelinesFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-pipelines-'));
  chmodSync(folder, 0o755);
  for (const file of sources) copyFileSync(join(root, file), join(folder, basename(file)));
  mkdirSync(join(folder, 'node_modules/team'), { recursive: true });
  for (const [name, text] of Object.entries({ ...ownPackage, 'headrace.json': JSON.stringify(settings) })) writeFileSync(join(folder, name), text);
  return folder;
}

export interface Start {
  command?: string[];
  /** A folder that is mounted over the image's pipelines folder. */
  pipelines?: string;
  environment?: Record<string, string>;
}

/** Where the containers of one test work: a task queue and a state volume. */
export class Ground {
  /** The state volume, on this machine. */
  readonly state = mkdtempSync(join(tmpdir(), 'headrace-state-'));
  private readonly containers: Container[] = [];

  private constructor(
    private readonly temporal: TemporalServer,
    private readonly taskQueue: string,
    readonly client: Client,
  ) {
    chownSync(this.state, imageUser, imageUser);
  }

  static async open(temporal: TemporalServer): Promise<Ground> {
    const { address, namespace } = temporal;
    const taskQueue = `image-${randomUUID()}`;
    return new Ground(temporal, taskQueue, await connect({ address, namespace, taskQueue }));
  }

  start(image: Image, { command, pipelines, environment }: Start = {}): Container {
    const mounts = pipelines === undefined ? [] : [{ from: pipelines, to: '/app/pipelines' }];
    const container = new Container(image, {
      command,
      environment: {
        TEMPORAL_ADDRESS: this.temporal.address,
        TEMPORAL_NAMESPACE: this.temporal.namespace,
        HEADRACE_TASK_QUEUE: this.taskQueue,
        HEADRACE_JOURNAL: '/state/journal',
        ...environment,
      },
      mounts: [{ from: join(root, 'node_modules/vega-datasets/data'), to: '/data' }, { from: this.state, to: '/state', writable: true }, ...mounts],
    });
    this.containers.push(container);
    return container;
  }

  async leave(): Promise<void> {
    await Promise.all(this.containers.map((container) => container.remove()));
    await this.client.close();
    rmSync(this.state, { recursive: true, force: true });
  }
}

/** Waits until a container says something, and refuses its end before that. */
export async function says(container: Container, words: RegExp): Promise<void> {
  const what = () => `it says ${words}:\n${container.output}`;
  await until(
    () => container.isOver || words.test(container.output),
    (it) => it,
    { what, limit: 120_000 },
  );
  if (!words.test(container.output)) throw new Error(`The container ended before it said ${words}:\n${container.output}`);
}
