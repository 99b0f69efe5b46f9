import { setTimeout as wait } from 'node:timers/promises';
import { type Cost, HeadraceError, PermissionDeniedError, Refused } from '../../sdk/index.js';
import type { StepContext } from '../../sdk/node/index.js';
import { outsideId } from './outside-id.js';
import type { Look, OutsideWork } from './outside-work.js';
import { patiently } from './patience.js';

/** Milliseconds for which a server that does not answer is waited for, and for which the end of cancelled work is tried. */
const patience = 5 * 60_000;
const patienceToCancel = 60_000;

/** Milliseconds for which a step that is told to stop waits for the answer to its request to begin work: only then can it end what it began. */
const patienceToBegin = 30_000;

/** Milliseconds between looks at running work: short at first, longer with time. */
const firstLook = 250;
const slowestLook = 5_000;

/** Milliseconds after which work is looked at again that the server did not let us see. */
const refusedPauses = [2_000, 5_000];

/** Work that ended well. */
export interface Followed<Handle, Result> {
  readonly result: Result;
  readonly handle: Handle;
  /** As a step's output names it, so that the record of the run shows it. */
  readonly engine: { name: string; id: string; link?: string };
  readonly cost: Cost | undefined;
}

type Ended<Result> = Exclude<Look<Result>, { state: 'RUNNING' }>;

/** What heartbeats carry: where the next attempt goes on. */
interface Place<Handle> {
  readonly number: number;
  readonly handle: Handle;
}

/**
 * Begins work on a server far away, once, and follows it to its end. A later attempt finds what an earlier one began and goes on with it. Work is cancelled
 * when the step is, or is out of time; it is left running when another attempt goes on with it: when the worker stops, or was not heard.
 *
 * @throws what the work ended with; the signal's reason; HeadraceError unreachable when the server stays away for five minutes
 */
export async function follow<Handle, Result>(work: OutsideWork<Handle, Result>, context: StepContext): Promise<Followed<Handle, Result>> {
  const trail = new Trail(work, context);
  try {
    return await trail.toTheEnd();
  } catch (error) {
    const { signal } = context;
    // No attempt comes after a refusal, so nobody would follow the work any more.
    if (signal.aborted ? !(await context.handedOn()) : trail.isRunning && error instanceof Refused) await trail.cancel();
    throw signal.aborted ? signal.reason : error;
  }
}

class Trail<Handle, Result> {
  private number: number;
  private handle: Handle | undefined;
  private beaten = '';
  /** Whether the work was seen running, and not ended. */
  isRunning = false;

  constructor(
    private readonly work: OutsideWork<Handle, Result>,
    private readonly context: StepContext,
  ) {
    const place = placeOf<Handle>(context.resumed);
    this.number = place?.number ?? 1;
    this.handle = place?.handle;
  }

  async toTheEnd(): Promise<Followed<Handle, Result>> {
    for (; ; this.number += 1, this.handle = undefined) {
      this.handle ??= await this.find();
      if (this.handle === undefined) return this.outcome(await this.untilItEnds(await this.submit()));
      const look = await this.look(this.handle);
      // What an earlier attempt left in failure, or what the server has forgotten, is begun anew; what can never succeed is not.
      if (look === undefined || (look.state === 'FAILED' && !(look.error instanceof Refused))) continue;
      const end = await this.untilItEnds(this.handle, look);
      // So is what an earlier attempt was still ending, or has ended since.
      if (end !== undefined && !(end.state === 'FAILED' && end.isStopped)) return this.outcome(end);
      this.context.log.info(`${this.work.system} on '${this.work.connection}': ${this.id} of an earlier attempt was stopped, and is begun anew`);
    }
  }

  /** Ends the work, also where it is unknown whether it was begun. */
  async cancel(): Promise<void> {
    const signal = AbortSignal.timeout(patienceToCancel);
    const { work } = this;
    const onTrouble = ({ message }: HeadraceError) =>
      this.context.log.warn(`${work.system} on '${work.connection}' does not answer and is told again to stop ${this.id}: ${message}`);
    try {
      await patiently({ limit: patienceToCancel, signal, onTrouble }, async () => {
        this.handle ??= await work.find(this.id, signal);
        if (this.handle !== undefined) await work.cancel(this.handle, signal);
      });
    } catch (error) {
      this.context.log.warn(`${work.system} on '${work.connection}' could not be told to stop ${this.id}: ${(error as Error).message}`);
    }
  }

  /** @returns how it ended; undefined where the server has forgotten it */
  private async untilItEnds(begun: Handle, first?: Look<Result, Handle>): Promise<Ended<Result> | undefined> {
    let handle = begun;
    let look = first ?? (await this.look(handle));
    for (let pause = firstLook; look?.state === 'RUNNING'; pause = Math.min(pause * 1.5, slowestLook)) {
      handle = this.handle = look.handle ?? handle;
      this.beat(handle, look.progress);
      await wait(pause, undefined, { signal: this.context.signal });
      look = await this.look(handle);
    }
    this.handle = handle;
    this.isRunning = false;
    return look;
  }

  private outcome(end: Ended<Result> | undefined): Followed<Handle, Result> {
    if (end === undefined) throw this.lost();
    if (end.state === 'FAILED') throw end.error;
    const handle = this.handle as Handle;
    return { result: end.result, handle, engine: this.engine(handle), cost: end.cost };
  }

  private get id(): string {
    return outsideId(this.context.key, this.number);
  }

  private find(): Promise<Handle | undefined> {
    return this.ask(() => this.work.find(this.id, this.context.signal));
  }

  /** Whether a request that broke off had come through is found out before it is sent again. */
  private async submit(): Promise<Handle> {
    let again = false;
    const handle = await this.ask(async () => {
      const found = again ? await this.work.find(this.id, this.context.signal) : undefined;
      again = true;
      return found ?? this.begin();
    });
    this.handle = handle;
    this.beat(handle, undefined);
    return handle;
  }

  private async begin(): Promise<Handle> {
    const late = lateAfter(this.context.signal, patienceToBegin);
    try {
      return await this.work.submit(this.id, late.signal);
    } finally {
      late.end();
    }
  }

  /** A right that is missing while work runs may be a token that is just being rotated: nothing is ended before it was missing three times. */
  private async look(handle: Handle): Promise<Look<Result, Handle> | undefined> {
    const { signal } = this.context;
    for (const pause of refusedPauses) {
      try {
        return await this.ask(() => this.work.look(handle, signal));
      } catch (error) {
        if (!this.isRunning || !(error instanceof PermissionDeniedError)) throw error;
        await wait(pause, undefined, { signal });
      }
    }
    return this.ask(() => this.work.look(handle, signal));
  }

  private ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    const { signal, log } = this.context;
    signal.throwIfAborted();
    const onTrouble = ({ message }: HeadraceError) =>
      log.warn(`${this.work.system} on '${this.work.connection}' does not answer and is asked again: ${message}`);
    return patiently({ limit: patience, signal, onTrouble }, question);
  }

  private beat(handle: Handle, progress: unknown): void {
    this.isRunning = true;
    const details = { outside: { number: this.number, handle }, engine: this.engine(handle), progress };
    const text = JSON.stringify(details);
    if (text !== this.beaten) this.context.heartbeat(details);
    this.beaten = text;
  }

  private engine(handle: Handle): { name: string; id: string; link?: string } {
    const link = this.work.link(handle);
    return { name: this.work.system, id: this.work.idOf?.(handle) ?? this.id, ...(link === undefined ? {} : { link }) };
  }

  private lost(): HeadraceError {
    const { system, connection } = this.work;
    return new HeadraceError(`${system} on '${connection}' no longer knows the work ${this.id}.`, { code: 'work_lost', where: connection });
  }
}

/** A signal that aborts as another one does, so many milliseconds later. */
function lateAfter(signal: AbortSignal, milliseconds: number): { signal: AbortSignal; end(): void } {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => void (timer = setTimeout(() => late.abort(signal.reason), milliseconds));
  signal.addEventListener('abort', onAbort, { once: true });
  const end = () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  };
  return { signal: late.signal, end };
}

function placeOf<Handle>(resumed: unknown): Place<Handle> | undefined {
  const outside = (resumed as { outside?: Place<Handle> } | undefined)?.outside;
  return typeof outside?.number === 'number' ? outside : undefined;
}
