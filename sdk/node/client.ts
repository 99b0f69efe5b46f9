import type * as z from 'zod';
import type { AnyPipeline, Pipeline } from '../authoring/pipeline.js';
import { checkConnect, checkFilter, checkPipeline, checkStart, checkWorkflowId } from './client/check-arguments.js';
import { type ClientOptions, connectTemporal } from './client/connect-temporal.js';
import { listRuns, type Page, type RunList } from './client/list-runs.js';
import { RunHandle, type RunOwner } from './client/run-handle.js';
import type { RunFilter } from './client/run-query.js';
import { type StartOptions, startRun } from './client/start-run.js';
import type { Temporal } from './client/temporal.js';
import { EarlierRetries } from './status/earlier-retries.js';
import { LastSuccess } from './status/last-success.js';
import { type Read, readStatus } from './status/read-status.js';

export type { RunOwner };

/** A run that was started just now, or before under the same idempotency key. */
export interface StartedRun<Output> extends RunHandle<Output> {
  /** The first execution's: with the workflow id, the run's identity. */
  readonly runId: string;
}

/** A pipeline's output. */
type OutputOf<P> = P extends Pipeline<z.ZodType, infer O extends z.ZodType> ? z.output<O> : unknown;

/** Starts runs of pipelines and speaks with them. Everything it says of a run comes from Temporal's server. */
export class Client {
  private readonly read: Read;
  private readonly pipelines = new Map<string, AnyPipeline>();

  constructor(private readonly temporal: Temporal) {
    this.read = { lastSuccess: new LastSuccess(temporal), earlierRetries: new EarlierRetries(temporal) };
  }

  /**
   * Starts a run.
   *
   * @throws HeadraceError bad_argument, wrong_input, payload_too_large, idempotency_conflict, run_exists or no_temporal
   */
  async start<I extends z.ZodType, O extends z.ZodType>(pipeline: Pipeline<I, O>, input: z.input<I>, options?: StartOptions): Promise<StartedRun<z.output<O>>>;
  async start(pipeline: AnyPipeline, input: unknown, options?: StartOptions): Promise<StartedRun<unknown>>;
  async start(pipeline: AnyPipeline, input: unknown, options: StartOptions = {}): Promise<StartedRun<unknown>> {
    checkPipeline(pipeline);
    checkStart(options);
    this.know(pipeline);
    const { workflowId, runId } = await startRun(this.temporal, pipeline, input, options);
    return Object.assign(this.run(workflowId), { runId });
  }

  /**
   * A run by its workflow id. Nothing is asked of Temporal before the handle is.
   *
   * @param pipeline gives its output's type
   */
  run<P extends Pipeline<z.ZodType, z.ZodType> | AnyPipeline | undefined = undefined>(workflowId: string, pipeline?: P): RunHandle<OutputOf<P>> {
    checkWorkflowId(workflowId);
    if (pipeline !== undefined) {
      checkPipeline(pipeline);
      this.know(pipeline);
    }
    return new RunHandle(this.temporal, workflowId, (id) => readStatus(this.temporal, this.read, id, (type) => this.pipelines.get(type)));
  }

  /** Lets the status of a pipeline's runs carry the forms of its approvals. */
  know(...pipelines: AnyPipeline[]): void {
    for (const pipeline of pipelines) this.pipelines.set(pipeline.id, pipeline);
  }

  /** Runs, the latest first. @throws HeadraceError no_temporal */
  async runs(filter: RunFilter & Page = {}): Promise<RunList> {
    checkFilter(filter);
    return listRuns(this.temporal, filter);
  }

  /** Asks Temporal whether it is there. @throws HeadraceError no_temporal */
  async ready(): Promise<void> {
    const { namespace } = this.temporal;
    await this.temporal.ask(({ workflowService }) => workflowService.describeNamespace({ namespace }), undefined, 3_000);
  }

  close(): Promise<void> {
    return this.temporal.close();
  }
}

/**
 * Connects to Temporal.
 *
 * @throws HeadraceError no_temporal, within some seconds, when nobody answers there
 * @example
 * const client = await connect({ address: '127.0.0.1:7233' });
 * const run = await client.start(dailySales, { day: '2026-02-12' });
 * const { rows } = await run.result();
 */
export async function connect(options: ClientOptions = {}): Promise<Client> {
  checkConnect(options);
  return new Client(await connectTemporal(options));
}
