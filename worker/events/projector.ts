import { setTimeout as wait } from 'node:timers/promises';
import type { Temporal } from '../../sdk/node/client/temporal.js';
import type { Registry } from '../registry/registry.js';
import { Folds } from './folds.js';
import { giveLease, leaseOwner, takeLease } from './lease.js';
import { describeExecution } from './next-execution.js';
import { keyOf, Nudges } from './nudges.js';
import { type Projecting, projectRun } from './project-run.js';
import { findDue, type RunId, scanVisibility } from './scan.js';
import { withFix } from './with-fix.js';

export interface ProjectorSettings {
  temporal: Temporal;
  registry: Registry;
  /** Whose runs are found by the scan; the client's unless said, the whole namespace's where it is empty. */
  taskQueues?: readonly string[];
  /** Milliseconds between two scans of visibility; 5,000 unless said. */
  scanEvery?: number;
  /** Seconds after which an open run that nobody nudged for is looked at; 20 unless said. */
  patience?: number;
  /** Runs read at once; 8 unless said. */
  concurrency?: number;
  /** Told of what was just recorded. */
  recorded?: Projecting['recorded'];
  /** Told what went wrong: it is tried again by itself. */
  report?: (message: string) => void;
}

/** Keeps the registry's record of runs equal to their histories (DESIGN §3.3). */
export interface Projector {
  /**
   * Says that something happened to a run. Costs nothing and never fails.
   *
   * @param executionId the run id of any of its executions; the latest's unless said
   */
  nudge(workflowId: string, executionId?: string): void;
  /** Says that a run is there: it is read where it was not heard of. */
  meet(workflowId: string, executionId: string): void;
  /** Looks for what began, ended or was left behind, now. */
  scan(): Promise<void>;
  /** Settles when what is known to be due is recorded. */
  settled(): Promise<void>;
  /** Ends after what it is writing. */
  stop(): Promise<void>;
}

const spacing = 1_000;
const tick = 50;
/** With more to read than this, no more is looked for. */
const enough = 100;
/** Milliseconds, at least and at most, until what was nudged for stands in the history: a step's end, and then the run's answer to it. */
const writeTimes = { shortest: 100, longest: 500 };
/** So often a nudged read that finds nothing is repeated; after that the sweep finds what was told. */
const looks = 3;
/** Another one reads and writes a run's news within it. */
const busyTime = 250;
const cachedEvents = 500_000;
const scanLease = 'projection-scan';

/** Starts projecting. Any number of projectors may work on one registry: each run is read by one at a time. */
export function startProjector(settings: ProjectorSettings): Projector {
  const projecting = new ProjectorLoop(settings);
  projecting.begin();
  return projecting;
}

class ProjectorLoop implements Projector {
  private readonly owner = leaseOwner();
  private readonly nudges = new Nudges(spacing);
  private readonly busy = new Map<string, Promise<void>>();
  private readonly runOf = new Map<string, RunId>();
  private readonly stopping = new AbortController();
  private readonly projecting: Projecting;
  private loops: Promise<unknown> = Promise.resolve();
  /** Runs whose last read failed: they come again by themselves, and are in nobody's way. */
  private readonly failing = new Set<string>();
  private resolving = 0;
  /** How long Temporal and the workers take now: a read that comes too early must be done again. */
  private writeTime = writeTimes.shortest;

  constructor(private readonly settings: ProjectorSettings) {
    const { temporal, registry, recorded } = settings;
    this.projecting = { temporal, database: registry.database, sealing: registry.sealing, folds: new Folds(cachedEvents), owner: this.owner, recorded };
  }

  begin(): void {
    this.loops = Promise.all([
      this.every(tick, async () => this.dispatch()),
      this.every(this.settings.scanEvery ?? 5_000, () => this.look()),
      this.every(spacing, () => this.sweep()),
    ]);
  }

  nudge(workflowId: string, executionId?: string): void {
    const known = executionId === undefined ? undefined : this.runOf.get(executionId);
    if (known !== undefined) this.nudges.add(known, this.writeTime);
    else void this.resolve(workflowId, executionId).catch((error: Error) => this.settings.report?.(`A run could not be found: ${error.message}`));
  }

  meet(workflowId: string, executionId: string): void {
    if (!this.runOf.has(executionId)) this.nudge(workflowId, executionId);
  }

  async scan(): Promise<void> {
    const { temporal, registry, taskQueues = [temporal.taskQueue] } = this.settings;
    await scanVisibility(temporal, registry.database, taskQueues);
    await this.sweep();
  }

  async settled(): Promise<void> {
    while (this.nudges.size + this.busy.size + this.resolving > 0 && !this.stopping.signal.aborted) await wait(tick);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loops;
    await Promise.all(this.busy.values());
    await giveLease(this.settings.registry.database, scanLease, this.owner).catch(() => undefined);
  }

  /** One projector scans. */
  private async look(): Promise<void> {
    const seconds = Math.ceil((3 * (this.settings.scanEvery ?? 5_000)) / 1_000);
    if (await takeLease(this.settings.registry.database, scanLease, this.owner, seconds)) await this.scan();
  }

  /** Each sweeps, while it has little to do. */
  private async sweep(): Promise<void> {
    if (this.nudges.size - this.failing.size > enough) return;
    for (const run of await findDue(this.settings.registry.database, this.settings.patience ?? 20)) this.nudges.again(run, 0);
  }

  private dispatch(): void {
    const free = (this.settings.concurrency ?? 8) - this.busy.size;
    for (const { run, missed } of this.nudges.take(free, (it) => !this.busy.has(keyOf(it)))) {
      const work = this.project(run, missed).finally(() => this.busy.delete(keyOf(run)));
      this.busy.set(keyOf(run), work);
    }
  }

  private async project(run: RunId, missed: number | undefined): Promise<void> {
    try {
      const { outcome, ended, thinking, lost } = await projectRun(this.projecting, run.workflowId, run.runId);
      this.failing.delete(keyOf(run));
      if (lost !== undefined) this.settings.report?.(`The record of ${run.workflowId} stays as it is: ${lost}`);
      if (outcome === 'BUSY') return this.nudges.retry(run, busyTime);
      // What was about to go on is looked at again, and so is what was said to move and did not yet; what stands still waits for a nudge.
      const tooEarly = !ended && (outcome === 'NEWS' ? thinking === true : missed !== undefined);
      if (missed === 0) this.learn(tooEarly);
      if (tooEarly) this.lookAgain(run, outcome === 'NEWS' ? 0 : (missed ?? 0) + 1);
    } catch (error) {
      this.settings.report?.(`The record of ${run.workflowId} is behind: ${withFix(error)}`);
      this.failing.add(keyOf(run));
      this.nudges.again(run, 5 * spacing);
    }
  }

  /** Later each time: where Temporal is very busy, what was told is written late. */
  private lookAgain(run: RunId, missed: number): void {
    if (missed <= looks) this.nudges.again(run, spacing * Math.max(missed, 1), missed === 0 ? undefined : missed);
  }

  private learn(tooEarly: boolean): void {
    const { shortest, longest } = writeTimes;
    this.writeTime = Math.min(longest, Math.max(shortest, this.writeTime * (tooEarly ? 1.25 : 0.95)));
  }

  private async resolve(workflowId: string, executionId: string | undefined): Promise<void> {
    this.resolving += 1;
    try {
      const described = await describeExecution(this.settings.temporal, workflowId, executionId);
      if (described === undefined) return;
      const run = { workflowId, runId: described.firstRunId };
      this.remember(described.executionId, run);
      this.nudges.add(run, this.writeTime);
    } finally {
      this.resolving -= 1;
    }
  }

  private remember(executionId: string, run: RunId): void {
    this.runOf.set(executionId, run);
    if (this.runOf.size > 10_000) this.runOf.delete(this.runOf.keys().next().value ?? '');
  }

  private async every(milliseconds: number, work: () => Promise<void>): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await work().catch((error: unknown) => this.settings.report?.(`The registry is behind: ${withFix(error)}`));
      await wait(milliseconds, undefined, { signal }).catch(() => undefined);
    }
  }
}
