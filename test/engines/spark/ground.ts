import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type * as z from 'zod';
import { runStep } from '../../../activities/run-step.fixture.js';
import spark from '../../../activities/spark/run.js';
import { sparkJob } from '../../../activities/spark/steps.js';
import { type RecordedContext, stepContext } from '../../../activities/step-context.fixture.js';
import type { Connection, StepContext } from '../../../sdk/node/index.js';
import { findOnPath } from '../../../worker/dev/executable.js';
import { until } from '../../faults/until.js';
import type { SparkCluster } from '../spark.js';

export type Input = z.input<typeof sparkJob.input>;
export type Output = z.output<typeof sparkJob.output>;
type Connections = Record<string, z.input<typeof Connection>>;

let calls = 0;

/** A context of a new call. */
export function newCall(connections: Connections, changes: Partial<StepContext> = {}): RecordedContext {
  calls += 1;
  return stepContext(connections, { key: `pipeline-test/run-1/step#${calls}`, ...changes });
}

export function runJob(input: Input, context: StepContext): Promise<Output> {
  return runStep(spark, sparkJob, { driver: { memory: '512m' }, executor: { memory: '512m' }, ...input }, context) as Promise<Output>;
}

/** The drivers that the master knows, running and ended, of a call: their states. */
export async function driversOf(cluster: SparkCluster, id: string): Promise<string[]> {
  const state = (await (await fetch(`${cluster.ui}/json/`)).json()) as Record<'activedrivers' | 'completeddrivers', { id: string; state: string }[]> & {
    workers: { webuiaddress: string }[];
  };
  const drivers = [...state.activedrivers, ...state.completeddrivers];
  const [worker] = state.workers;
  const launched = await Promise.all(
    drivers.map(async (driver) => {
      const log = await fetch(`${worker?.webuiaddress}/log/?driverId=${driver.id}&logType=stderr&offset=0&byteLength=16384`);
      return (await log.text()).includes(id) ? [driver.state] : [];
    }),
  );
  return launched.flat();
}

/** A folder of jobs, where jobs and the test meet. */
export class Jobs {
  readonly folder = mkdtempSync(join(tmpdir(), 'headrace-spark-jobs-'));
  private count = 0;

  constructor() {
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** A Python job. */
  python(code: string): string {
    this.count += 1;
    const file = join(this.folder, `job-${this.count}.py`);
    writeFileSync(file, code);
    return file;
  }

  /** A jar with a job that writes the count of a range as its result. */
  jar(home: string): string {
    const source = join(this.folder, 'Counting.java');
    const classes = join(this.folder, 'classes');
    mkdirSync(classes);
    writeFileSync(source, counting);
    execFileSync(program('javac'), ['-cp', join(home, 'jars/*'), '-d', classes, source]);
    const jar = join(this.folder, 'counting.jar');
    execFileSync(program('jar'), ['cf', jar, '-C', classes, '.']);
    return jar;
  }

  /** A job that tells its process, waits to be let go, and then gives its result. It needs no executor. */
  waiting(): string {
    return this.python(`
import json, os, time
with open(${JSON.stringify(this.begun)}, 'a') as file: file.write(str(os.getpid()) + '\\n')
while not os.path.exists(${JSON.stringify(this.gate)}):
    print('waits', flush=True) # Python notices so that the driver around it is gone
    time.sleep(0.2)
json.dump({'rows': 3}, open(os.environ['HEADRACE_RESULT'], 'w'))`);
  }

  processes(): number[] {
    return existsSync(this.begun) ? readFileSync(this.begun, 'utf8').trim().split('\n').map(Number) : [];
  }

  async hasBegun(): Promise<number> {
    const begun = await until(
      () => this.processes(),
      (all) => all.length > 0,
      { limit: 120_000 },
    );
    return begun[0] as number;
  }

  open(): void {
    writeFileSync(this.gate, '');
  }

  private get begun(): string {
    return join(this.folder, 'begun');
  }

  private get gate(): string {
    return join(this.folder, 'gate');
  }
}

function program(name: string): string {
  const found = findOnPath(name);
  if (!found) throw new Error(`there is no ${name} on PATH (apt-get install openjdk-17-jdk-headless)`);
  return found;
}

const counting = `
import java.nio.file.*;
import org.apache.spark.sql.SparkSession;
public class Counting {
  public static void main(String[] words) throws Exception {
    SparkSession spark = SparkSession.builder().getOrCreate();
    long rows = spark.range(Long.parseLong(words[0])).count();
    String said = spark.conf().get("spark.headrace.test");
    Files.writeString(Path.of(System.getenv("HEADRACE_RESULT")), "{\\"rows\\":" + rows + ",\\"bytes\\":7,\\"said\\":\\"" + said + "\\"}");
    spark.stop();
  }
}`;
