import { setTimeout as wait } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import type { AnyPipeline } from '../../sdk/authoring/pipeline.js';
import type { Temporal } from '../../sdk/node/client/temporal.js';
import type { Database } from '../registry/database.js';
import {
  openRegistry,
  type Registry,
  type RegistrySettings,
  type RetentionChange,
  recordPipelines,
  requireTenantWall,
  setRetention,
} from '../registry/index.js';
import type { EventBus } from './event-bus.js';
import { type Projector, type ProjectorSettings, startProjector } from './projector.js';
import { type Pruning, startPruning } from './pruning.js';
import type { Recording } from './recording-interceptor.js';
import { type Relay, startRelay } from './relay.js';
import { withFix } from './with-fix.js';

export interface RecordSettings {
  temporal: Temporal;
  registry: RegistrySettings;
  /** What this process hosts: entered into the registry when it opens. */
  pipelines: readonly AnyPipeline[];
  /** Where events are published beside the registry. */
  bus?: EventBus;
  /** How long the registry keeps what has ended, from now on; as it was where nothing is said. */
  retention?: RetentionChange;
  /** Milliseconds from the opening until what is kept too long is removed; a minute unless said, and once a day after it. */
  pruneAfter?: number;
  /** Whether the registry is read for one tenant at a time: what would not keep them apart is then told at the opening. */
  tenants?: boolean;
  /** Told of what was just recorded. */
  recorded?: ProjectorSettings['recorded'];
  /** Told what went wrong: it is tried again by itself. */
  report?: (message: string) => void;
}

/** The registry with all that keeps it. */
interface Open {
  registry: Registry;
  projector: Projector;
  relay: Relay | undefined;
  pruning: Pruning;
}

const pause = 2_000;
/** Runs that are remembered while the registry opens: the scan finds the others. */
const earlyAtMost = 1_000;
const usualPruneAfter = 60_000;
/** Milliseconds that PostgreSQL may take for a statement of ours: they take a moment, so that it is gone then. */
const registryPatience = 30_000;

/**
 * The record of runs as a process keeps it: registry, projector and relay. It opens beside the work and never holds it up; while
 * the registry is away, opening is tried again, and what happened meanwhile is projected from the histories.
 */
export class RunRecord implements Recording {
  readonly projector: Recording['projector'] = {
    nudge: (workflowId, executionId) => this.nudge(workflowId, executionId),
    meet: (workflowId, executionId) => (this.open === undefined ? this.nudge(workflowId, executionId) : this.open.projector.meet(workflowId, executionId)),
  };
  private readonly closing = new AbortController();
  private readonly wanted = new AbortController();
  private opening: Promise<void> | undefined;
  private attempt: Promise<Open> | undefined;
  private open: Open | undefined;
  private readonly early = new Map<string, string | undefined>();

  constructor(private readonly settings: RecordSettings) {}

  /**
   * Opens the registry and begins to keep it.
   *
   * @param within milliseconds that it may wait, where nobody asks for the registry; at once unless said
   */
  begin(within = 0): this {
    this.opening ??= this.keepTrying(within);
    return this;
  }

  /** The registry, once it is open. */
  get current(): Registry | undefined {
    return this.open?.registry;
  }

  get database(): Kysely<Database> | undefined {
    return this.current?.database;
  }

  get encrypts(): boolean {
    return this.settings.temporal.ring !== undefined;
  }

  /** Says that something happened to a run. Costs nothing and never fails. */
  nudge(workflowId: string, executionId?: string): void {
    if (this.closing.signal.aborted) return;
    if (this.open !== undefined) this.open.projector.nudge(workflowId, executionId);
    else if (this.early.size < earlyAtMost) this.early.set(workflowId, executionId);
  }

  /** The registry, which may be opening. @throws HeadraceError registry_unreachable or what else keeps it from being opened */
  async registry(): Promise<Registry> {
    return (await this.opened()).registry;
  }

  /** Settles when what is known to be due is recorded. */
  async settled(): Promise<void> {
    await (await this.opened()).projector.settled();
  }

  /** Lets go of the registry. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.opening;
    const { open } = this;
    if (open === undefined) return;
    await open.pruning.stop();
    await open.relay?.stop();
    await open.projector.stop();
    await open.registry.close();
  }

  private async opened(): Promise<Open> {
    this.wanted.abort();
    if (this.attempt !== undefined && !this.closing.signal.aborted) return this.attempt;
    throw new HeadraceError('The registry is not open.', { code: 'registry_unreachable' });
  }

  private async keepTrying(within: number): Promise<void> {
    const { signal } = this.closing;
    let told = '';
    while (this.open === undefined && !signal.aborted) {
      try {
        this.attempt = this.whenWanted(within).then(() => this.tryToOpen());
        this.open = await this.attempt;
        for (const [workflowId, executionId] of this.early) this.nudge(workflowId, executionId);
        this.early.clear();
      } catch (error) {
        if (signal.aborted) return;
        const { message } = error as Error;
        if (message !== told) this.settings.report?.(`The record of runs is not kept for now: ${withFix(error)}`);
        told = message;
        await wait(pause, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async whenWanted(within: number): Promise<void> {
    await wait(within, undefined, { signal: AbortSignal.any([this.wanted.signal, this.closing.signal]) }).catch(() => undefined);
    // What could not be opened is tried again without this wait.
    this.wanted.abort();
    this.closing.signal.throwIfAborted();
  }

  private async tryToOpen(): Promise<Open> {
    const { temporal, pipelines, bus, recorded, report, retention = {}, tenants, pruneAfter = usualPruneAfter } = this.settings;
    const registry = await openRegistry({ report, encryption: temporal.ring, patience: registryPatience, ...this.settings.registry });
    try {
      await recordPipelines(registry.database, pipelines);
      await setRetention(registry.database, retention);
    } catch (error) {
      await registry.close();
      throw error;
    }
    if (tenants === true) await requireTenantWall(registry).catch((error: unknown) => report?.(`The registry is not read for any tenant: ${withFix(error)}`));
    const projector = startProjector({ temporal, registry, recorded, report });
    const relay = bus && startRelay({ registry, bus, report });
    return { registry, projector, relay, pruning: startPruning({ temporal, registry, first: pruneAfter, report }) };
  }
}
