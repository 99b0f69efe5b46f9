import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type * as z from 'zod';
import { loadCatalogue } from '../../worker/cli/load-catalogue.js';
import { bundlePipelines } from '../../worker/host/bundle.js';
import type { Catalogue } from '../../worker/host/catalogue.js';
import { HeadraceError } from '../authoring/errors.js';
import type { AnyPipeline, Pipeline } from '../authoring/pipeline.js';
import { startRun } from '../node/client/start-run.js';
import { Connections } from '../node/connections/connections.js';
import { openServer, type TestServerOptions } from './open-server.js';
import { StandIns } from './stand-ins.js';
import type { TestCall, TestResult } from './test-result.js';
import { type TestPlan, TestRun } from './test-run.js';
import type { TestServer } from './test-server.js';

export interface TestBedOptions {
  /** A server that skips time where one can be had, else a dev server, unless given. */
  server?: TestServerOptions;
  /** What steps that do their real work connect to. */
  connections?: Parameters<typeof Connections.of>[0];
}

/** One server, one bundle and one worker for the runs of a test file. */
export class TestBed implements AsyncDisposable {
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly server: TestServer,
    private readonly catalogue: Catalogue,
    private readonly standIns: StandIns,
    private readonly stop: () => Promise<void>,
  ) {}

  /**
   * Runs a pipeline to its end. It does not throw when the run fails: the result says how it ended.
   * Where time skips, runs go one after another, since there is one clock for all.
   *
   * @throws HeadraceError on input that does not fit, an approval without a reply, or a pipeline that is not in the folder
   */
  run<I extends z.ZodType, O extends z.ZodType>(pipeline: Pipeline<I, O>, input: z.input<I>, plan: TestPlan = {}): Promise<TestResult<z.output<O>>> {
    const go = async () => (await this.start(pipeline, input, plan)).ended();
    if (!this.server.skipsTime) return go();
    const turn = this.last.then(go, go);
    this.last = turn.catch(() => undefined);
    return turn;
  }

  /** Starts a run, for a test that does something to it before its end. */
  async start<I extends z.ZodType, O extends z.ZodType>(pipeline: Pipeline<I, O>, input: z.input<I>, plan: TestPlan = {}): Promise<TestRun<z.output<O>>> {
    const known = this.find(pipeline.id);
    checkPlan(known, plan);
    const workflowId = plan.workflowId ?? `test-${pipeline.id}-${randomUUID()}`;
    const calls: TestCall[] = [];
    this.standIns.set(workflowId, { replacements: new Map((plan.steps ?? []).map((it) => [it.step.id, it])), calls });
    await startRun(this.server.temporal, known, input, { workflowId });
    return new TestRun(workflowId, known, this.server, plan, calls);
  }

  /** Stops the worker, and the server where the bed started it. */
  close(): Promise<void> {
    return this.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  private find(id: string): AnyPipeline {
    const found = this.catalogue.pipelines.get(id);
    if (found !== undefined) return found.pipeline;
    throw new HeadraceError(`No module of ${this.catalogue.folder} exports the pipeline '${id}'.`, {
      code: 'unknown_pipeline',
      where: id,
      fix: 'Export it by name, and open the test bed on the folder of its module.',
    });
  }
}

/** A misspelt approval would wait for ever. */
function checkPlan({ id, approvals }: AnyPipeline, plan: TestPlan): void {
  const declared = approvals.map((approval) => approval.id);
  // A child's approvals are answered by the same plan.
  if (declared.length === 0) return;
  const unknown = Object.keys(plan.approvals ?? {}).find((name) => !declared.includes(name));
  if (unknown !== undefined)
    throw new HeadraceError(`The pipeline ${id} has no approval '${unknown}'. It has: ${declared.join(', ')}.`, { code: 'unknown_approval', where: unknown });
}

/**
 * Opens a test bed on the folder of the pipelines' modules: bundled once, for all runs of a test file.
 *
 * @param folder a path or `new URL('.', import.meta.url)`
 * @throws HeadraceError when a module of the folder cannot be used, or no server can be had
 * @example
 * const bed = await testBed(new URL('.', import.meta.url));
 * afterAll(() => bed.close());
 * const { status, output } = await bed.run(dailySales, { day: '2026-02-12' }, { approvals: { release_anyway: 'decline' } });
 */
export async function testBed(folder: string | URL, options: TestBedOptions = {}): Promise<TestBed> {
  quiet();
  const catalogue = await loadClean(typeof folder === 'string' ? folder : fileURLToPath(folder));
  const taskQueue = `test-${randomUUID()}`;
  const [server, workflowBundle] = await Promise.all([openServer(options.server, taskQueue), bundlePipelines(catalogue)]);
  const standIns = new StandIns(catalogue, Connections.of(options.connections ?? {}), server.temporal);
  const { native: connection, namespace } = server;
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle,
    activities: { default: standIns.perform },
    shutdownGraceTime: 0,
    shutdownForceTime: '5 seconds',
  });
  const running = worker.run();
  return new TestBed(server, catalogue, standIns, async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await running.catch(() => undefined);
    await server.close();
  });
}

/** A step without work is no fault here: a test may replace it. */
async function loadClean(folder: string): Promise<Catalogue> {
  const catalogue = await loadCatalogue(folder);
  const refused = catalogue.refusals.find(({ error }) => error.code !== 'not_implemented');
  if (refused !== undefined) throw refused.error;
  return catalogue;
}

/** Steps that fail on purpose fill a test's output. Refused where Temporal's runtime is in use already, which is as well. */
function quiet(): void {
  try {
    Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'ERROR' } } });
  } catch {
    // In use: its owner chose.
  }
}
