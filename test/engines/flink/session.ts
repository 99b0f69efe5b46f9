import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type * as z from 'zod';
import flinkRun from '../../../activities/flink/run.js';
import { type FlinkOutput, flinkJob } from '../../../activities/flink/steps.js';
import { runStep } from '../../../activities/run-step.fixture.js';
import { type RecordedContext, stepContext } from '../../../activities/step-context.fixture.js';
import type { StepContext } from '../../../sdk/node/index.js';
import { until } from '../../faults/until.js';
import { compileJob, type FlinkServer, startFlink } from '../flink.js';

export type Input = z.input<typeof flinkJob.input>;

interface Job {
  jid: string;
  name: string;
  state: string;
}

/** Milliseconds. */
export const long = 60_000;

/** A session cluster, and what the tests do on it. */
export class Session {
  private constructor(
    readonly flink: FlinkServer,
    readonly jar: string,
    /** Where jobs and tests meet. */
    readonly folder: string,
  ) {}

  static async start(): Promise<Session> {
    const jar = await compileJob(join(import.meta.dirname, 'jobs/ProvingJob.java'));
    return new Session(await startFlink(), jar, mkdtempSync(join(tmpdir(), 'headrace-flink-jobs-')));
  }

  async stop(): Promise<void> {
    await this.flink.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  connection(more: { rest?: string; sqlGateway?: string; headers?: Record<string, string> } = {}) {
    return { kind: 'flink', rest: this.flink.rest, sqlGateway: this.flink.sqlGateway, headers: {}, ...more } as const;
  }

  get connections() {
    return { flink: this.connection(), jars: { kind: 'files', folder: dirname(this.jar) } } as const;
  }

  call(changes: Partial<StepContext> = {}, at = this.connection()): RecordedContext {
    return stepContext({ ...this.connections, flink: at }, { key: randomUUID(), ...changes });
  }

  async work(input: Input, context: StepContext = this.call()): Promise<FlinkOutput> {
    return (await runStep(flinkRun, flinkJob, input, context)) as FlinkOutput;
  }

  /** What Flink itself lists. */
  async jobs(): Promise<Map<string, Job>> {
    const { jobs: all } = (await (await fetch(`${this.flink.rest}/jobs/overview`)).json()) as { jobs: Job[] };
    return new Map(all.map((job) => [job.jid, job]));
  }

  async untilJob(job: string, state: string): Promise<void> {
    await until(
      async () => (await this.jobs()).get(job)?.state,
      (seen) => seen === state,
      { limit: long },
    );
  }

  ours(...args: string[]) {
    return { jar: { files: 'jars', path: 'job.jar' }, entryClass: 'ProvingJob', args };
  }

  /** SQL that works until the file `go` is there, in a function of the tests' jar. */
  sql(go: string) {
    const prepare = [
      `CREATE TEMPORARY FUNCTION waits_for AS 'ProvingJob$WaitsFor' USING JAR 'file://${this.jar}'`,
      "CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '10')",
      `CREATE TABLE written (n BIGINT) WITH ('connector' = 'filesystem', 'format' = 'json', 'path' = '${go}.written')`,
    ];
    return { prepare, statement: `INSERT INTO written SELECT waits_for('${go}', n) FROM numbers` };
  }

  /** A name of a file that is not there. */
  meeting(): string {
    return join(this.folder, randomUUID());
  }

  /** A job that runs until `go`. */
  async working(how: 'jar' | 'sql' = 'jar', changes: Partial<StepContext> = {}) {
    const go = this.meeting();
    const context = this.call(changes);
    const input = { on: 'flink', run: how === 'jar' ? this.ours('waits', go) : this.sql(go) };
    const ended = this.work(input, context);
    ended.catch(() => undefined);
    const beats = () => context.heartbeats as { outside: { handle: { job: string } }; progress?: { tasks?: { RUNNING?: number } } }[];
    const beat = await until(
      () => beats().at(-1),
      (it) => it?.progress?.tasks?.RUNNING !== undefined,
      { limit: long },
    );
    return { go: () => writeFileSync(go, ''), input, context, ended, job: beat?.outside.handle.job ?? '' };
  }
}
